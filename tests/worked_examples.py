"""The two worked examples, written in every format."""

import io
import json
import zipfile

import numpy as np

EXAMPLES = {
    "0.5514447139320511": ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 2]),
    "0.10165968125955888": ([[1, 4, 1, 1], [5, 1, 2, 1], [1, 2, 5, 1]], [1, 0, 2]),
}


def npy(values: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array(values))
    return file.getvalue()


def npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, values in arrays.items():
            archive.writestr(f"{name}.npy", npy(values))
    return file.getvalue()


def safetensors(**arrays: object) -> bytes:
    """Integers as I64, the rest as F64."""
    header, data = {}, b""
    for name, values in arrays.items():
        array = np.array(values)
        dtype = {"i": "I64", "f": "F64"}[array.dtype.kind]
        end = len(data) + array.nbytes
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [len(data), end]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def rows(logits: list[list[int]], mark: str) -> str:
    return "".join(mark.join(map(str, row)) + "\n" for row in logits)


def quoted(logits: list[list[int]], mark: str) -> bytes:
    """Each cell in quotes, as a spreadsheet may write them."""
    return "".join(mark.join(f'"{cell}"' for cell in row) + "\n" for row in logits).encode()


def alone(logits: list[list[int]], targets: list[int]) -> dict[str, tuple[bytes, bytes]]:
    """Both arrays, each in a source of its own, by the name of the logits' format."""
    column = "".join(f"{target}\n" for target in targets)
    return {
        "csv": (rows(logits, ",").encode(), column.encode()),
        "tsv": (rows(logits, "\t").encode(), "\t".join(map(str, targets)).encode()),
        "semicolon": (rows(logits, ";").encode(), ";".join(map(str, targets)).encode()),
        "blank": (rows(logits, "  ").encode(), " ".join(map(str, targets)).encode()),
        "json": (json.dumps(logits).encode(), json.dumps([float(t) for t in targets]).encode()),
        "jsonl": ("\n".join(map(json.dumps, logits)).encode(), column.encode()),
        "npy": (npy(logits), npy([float(target) for target in targets])),
        "npz": (npz(logits=logits), npz(targets=targets)),
        "safetensors": (safetensors(logits=logits), safetensors(targets=targets)),
        "quoted": (quoted(logits, ","), quoted([[target] for target in targets], ",")),
        "quoted-tsv": (quoted(logits, "\t"), quoted([targets], "\t")),
        "quoted-semicolon": (quoted(logits, ";"), quoted([targets], ";")),
        "quoted-blank": (quoted(logits, "  "), quoted([targets], " ")),
        "quoted-and-spaced": (quoted(logits, " , "), quoted([targets], ", ")),
        "half-quoted": (
            "".join(f'"{row[0]}",' + ",".join(map(str, row[1:])) + "\n" for row in logits).encode(),
            column.encode(),
        ),
        "floats": (
            rows(logits, ".0,").replace("\n", ".0\n").encode(),
            b"".join(b"%d.0\n" % t for t in targets),
        ),
    }


def together(logits: list[list[int]], targets: list[int]) -> dict[str, bytes]:
    """Both arrays in one source."""
    records = [
        {"logits": row, "target": target} for row, target in zip(logits, targets, strict=True)
    ]
    return {
        "object.json": json.dumps({"logits": logits, "targets": targets}).encode(),
        "records.json": json.dumps(records).encode(),
        "records.jsonl": "\n".join(map(json.dumps, records)).encode(),
        "both.safetensors": safetensors(logits=logits, targets=targets),
        "both.npz": npz(logits=logits, targets=targets),
    }
