# SPDX-License-Identifier: GPL-3.0-or-later
"""read_with_h5py.py MAKE_TEST_TRACE TRACE_FORMAT_MD FOLDER

Runs the Python examples of the format's page exactly as they stand there, on a fresh trace, and checks what they
read against the values that were written. Ends with 77 (skipped) where Python lacks h5py, xarray or h5netcdf.
"""
import os
import re
import subprocess
import sys

try:
    import h5netcdf  # noqa: F401  (xarray's engine)
    import h5py
    import numpy as np
    import xarray
except ImportError as error:
    print(f"skipped: {error}; needs h5py, xarray and h5netcdf")
    sys.exit(77)

make, page, folder = sys.argv[1:]
os.chdir(folder)
for name in ("trace.h5", "trace.h5.part"):
    if os.path.exists(name):
        os.remove(name)
subprocess.run([make, "trace.h5", "values.bin"], check=True)

T, M, K, E = 5000, 2, 4, 16
with open("values.bin", "rb") as f:
    def take(dtype, *shape):
        return np.fromfile(f, dtype, int(np.prod(shape))).reshape(shape)
    ids = take("<u2", T, M, K)
    weights = take("<f4", T, M, K)
    entropy = take("<f4", T, M)
    logits = take("<f4", T, M, E)
    loss = take("<f4", T)
    token_ids = take("<i4", T)

with open(page, encoding="utf-8") as f:
    examples = re.findall(r"```python\n(.*?)```", f.read(), re.S)
assert len(examples) == 2, f"the page has {len(examples)} Python examples, not 2"
scopes = []
for example in examples:
    scope = {}
    exec(compile(example, page, "exec"), scope)
    scopes.append(scope)


def check_close(read, written, bits):
    none = np.isnan(written)
    assert (np.isnan(read) == none).all()
    assert (np.abs(read - written)[~none] <= np.abs(written)[~none] * 2.0**-bits).all()


# What the examples found, against the values written.
assert (scopes[0]["ids"] == ids[:, 1, :]).all()
check_close(scopes[0]["weights"], weights[:, 1, :], 18)
expected = np.bincount(ids[:, 1, :][ids[:, 1, :] != 65535], minlength=8)
assert (scopes[0]["load"] == expected).all()
assert scopes[1]["routing"].expert_id.dims == ("token", "site", "slot")
assert scopes[1]["routing"].router_logits.dims == ("token", "site", "expert")
assert scopes[1]["routing"].sizes["token"] == T
assert np.isclose(scopes[1]["mean_entropy"], entropy.mean(axis=0), rtol=1e-4).all()

with h5py.File("trace.h5", "r") as f:
    assert f.attrs["format"] == "expertscope-trace" and f.attrs["complete"] == 1
    assert (f["routing/expert_id"][:] == ids).all()
    check_close(f["routing/expert_weight"][:], weights, f["routing/expert_weight"].attrs["significant_bits"])
    assert np.array_equal(f["routing/router_logits"][:], logits, equal_nan=True)
    assert (f["tokens/loss"][:] == loss).all()
    assert (f["tokens/token_id"][:] == token_ids).all()
    assert f["routing/expert_id"].fillvalue == 65535 and np.isnan(f["routing/entropy"].fillvalue)
    assert [d.label for d in f["routing/expert_id"].dims] == ["token", "site", "slot"]
    starts, lengths = f["sequences/offset"][:], f["sequences/length"][:]
    assert starts[0] == 0 and (starts[1:] == (starts + lengths)[:-1]).all() and starts[-1] + lengths[-1] == T
    assert (np.repeat(np.arange(len(lengths)), lengths) == f["tokens/sequence"][:]).all()
    assert f["sequences/name"].asstr()[1] == "document 1 — ü"
    language = f["sequences/labels/language"]
    assert list(language["values"].asstr()[:]) == ["de", "en", "日本語"]
    assert f["sequences/labels/topic%2Fsub"].attrs["name"] == "topic/sub"
    offsets, data = f["vocab/piece_offsets"][:], f["vocab/piece_bytes"][:].tobytes()
    pieces = {int(i): data[a:b] for i, a, b in zip(f["vocab/id"][:], offsets[:-1], offsets[1:])}
    assert pieces[7] == b"\xe3\x81" and pieces[8] == b"a\0b" and pieces[10] == b"tok10"
    described = []
    f.visititems(lambda name, o: described.append(name) if isinstance(o, h5py.Dataset) and "CLASS" not in o.attrs and "description" not in o.attrs else None)
    assert not described, f"without a description: {described}"

# Every group opens in xarray, and nothing in it has an axis without a name.
for group in ("/", "routing", "tokens", "sequences", "sequences/labels/language", "model", "model/layers", "vocab", "provenance"):
    with xarray.open_dataset("trace.h5", group=group, engine="h5netcdf", mask_and_scale=False) as data:
        assert not [d for d in data.dims if str(d).startswith("phony")], group
print("h5py", h5py.__version__, "xarray", xarray.__version__, "h5netcdf", h5netcdf.__version__, "read it all")
