"""The formats of inputs: a module for each, and a line in this registry.

A reader takes a `Source` and returns the arrays that it holds, by name, each as a stream of
`Block`s: `{"logits": …, "targets": …}`, or `{"": …}` for a matrix that has no name. Where a source
holds several arrays, `array_names` selects those that are asked for; the roles of the columns of
tables are those of `inputs.columns`. Readers see decompressed bytes. To add a format, write its
module and enter it below; its choice, its suffixes and its magic bytes follow.
"""

from xent.formats import Format

FORMATS = {
    "npy": Format("xent.inputs.formats.npy:read", (".npy",), b"\x93NUMPY"),
    "npz": Format("xent.inputs.formats.npy:read_npz", (".npz",), b"PK\x03\x04", is_archive=True),
    "safetensors": Format(
        "xent.inputs.formats.safetensors:read",
        (".safetensors",),
        b"\0\0\0\0{",
        magic_at=4,
        is_archive=True,
    ),
    "parquet": Format("xent.inputs.formats.columnar:read_parquet", (".parquet", ".pq"), b"PAR1"),
    "arrow": Format("xent.inputs.formats.columnar:read_arrow", (".arrow", ".feather"), b"ARROW1"),
    "arrow-stream": Format(
        "xent.inputs.formats.columnar:read_arrow_stream", (".arrows",), b"\xff\xff\xff\xff"
    ),
    "hdf5": Format(
        "xent.inputs.formats.hdf5:read",
        (".h5", ".hdf5", ".mat"),
        b"\x89HDF\r\n\x1a\n",
        is_archive=True,
    ),
    "llama": Format("xent.inputs.formats.llama:read", (".kld",), b"_logits_"),
    "json": Format("xent.inputs.formats.json:read", (".json",)),
    "jsonl": Format("xent.inputs.formats.json:read_lines", (".jsonl", ".ndjson"), by_lines=True),
    "csv": Format("xent.inputs.formats.delimited:read_csv", (".csv",), by_lines=True),
    "tsv": Format("xent.inputs.formats.delimited:read_tsv", (".tsv", ".tab"), by_lines=True),
    "semicolon": Format("xent.inputs.formats.delimited:read_semicolon", by_lines=True),
    "blank": Format("xent.inputs.formats.delimited:read_blank", (".txt", ".dat"), by_lines=True),
    "labelled": Format("xent.inputs.formats.labelled:read"),
    "weka": Format("xent.inputs.formats.weka:read"),
    "printed": Format("xent.inputs.formats.printed:read"),
}
