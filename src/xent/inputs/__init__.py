"""From what the user typed to batches of rows: one module a format, one line a format here.

A reader takes a `Source` and gives the arrays that it holds, by name, each as a stream of
`Block`s: `{"logits": …, "targets": …}`, or `{"": …}` for a matrix that bears no name. To add a
format, write its module and enter it below; its choice, its suffixes and its magic bytes follow.
"""

from xent.formats import Format

FORMATS = {
    "npy": Format("xent.inputs.npy:read", (".npy",), b"\x93NUMPY"),
    "npz": Format("xent.inputs.npz:read", (".npz",), b"PK\x03\x04"),
    "json": Format("xent.inputs.json:read", (".json",)),
    "jsonl": Format("xent.inputs.jsonl:read", (".jsonl", ".ndjson")),
    "csv": Format("xent.inputs.delimited:read_csv", (".csv",)),
    "tsv": Format("xent.inputs.delimited:read_tsv", (".tsv", ".tab")),
    "semicolon": Format("xent.inputs.delimited:read_semicolon"),
    "blank": Format("xent.inputs.delimited:read_blank", (".txt", ".dat")),
}
