# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights in the forms in which they are published: quantised here, undone by the library that defines the form.

    stored, values = FORMS[name](weight, generator)      # stored: suffix -> tensor, values: what the library makes of it

GPTQ needs GPTQModel's source on the path (GPTQMODEL=FOLDER; pure Python, nothing is compiled).
"""
import os
import sys

import numpy as np
import torch

BLOCK = 16


def fp8_block(weight, generator):
    """DeepSeek V3: e4m3, an fp32 scale a block. The last blocks of a matrix may be smaller: by weight_block_size, as in
    DeepSeek's own kernels; transformers 5.24 derives the size from the grid of scales, which is the same only where the
    blocks divide the matrix (kv_a_proj_with_mqa of V3, 576 rows in blocks of 128, is not such)."""
    from transformers.integrations.finegrained_fp8 import Fp8Dequantize
    rows, columns = weight.shape
    up = lambda n: -(-n // BLOCK)
    padded = torch.nn.functional.pad(weight.float(), (0, up(columns) * BLOCK - columns, 0, up(rows) * BLOCK - rows))
    blocks = padded.view(up(rows), BLOCK, up(columns), BLOCK)
    scales = (blocks.abs().amax(dim=(1, 3)) / 448).clamp(min=1e-12)
    q = (blocks / scales[:, None, :, None]).view(up(rows) * BLOCK, -1)[:rows, :columns].contiguous().to(torch.float8_e4m3fn)
    if rows % BLOCK or columns % BLOCK:
        spread = scales.repeat_interleave(BLOCK, 0).repeat_interleave(BLOCK, 1)[:rows, :columns]
        values = q.float() * spread
    else:
        values = Fp8Dequantize(None)._dequantize_one(q, scales, torch.float32)
    return {"weight": q, "weight_scale_inv": scales.contiguous()}, values


def scheme(bits, kind, strategy, symmetric=True, group_size=None):
    from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
    return QuantizationScheme(targets=["Linear"], weights=QuantizationArgs(
        num_bits=bits, type=kind, strategy=strategy, symmetric=symmetric, group_size=group_size))


def fp8_rows(strategy):
    def form(weight, generator):
        from compressed_tensors.compressors.naive_quantized.base import FloatQuantizationCompressor
        size = weight.float().abs().amax(dim=1, keepdim=True) if strategy == "channel" else weight.float().abs().max().view(1)
        scales = (size / 448).to(torch.bfloat16)
        q = (weight.float() / scales.float()).clamp(-448, 448).to(torch.float8_e4m3fn)
        stored = {"weight": q, "weight_scale": scales}
        values = FloatQuantizationCompressor.decompress(dict(stored), scheme(8, "float", strategy))["weight"]
        return stored, values
    return form


def packed(bits, symmetric, group_size):
    def form(weight, generator):
        from compressed_tensors.compressors.pack_quantized.base import PackedQuantizationCompressor
        how = scheme(bits, "int", "group" if group_size else "channel", symmetric, group_size)
        rows, columns = weight.shape
        groups = weight.float().view(rows, -1, group_size or columns)
        low, high = groups.amin(2), groups.amax(2)
        most = 2 ** (bits - 1)
        if symmetric:
            scales, zeros = groups.abs().amax(2) / (most - 0.5), None
        else:
            scales = (high - low).clamp(min=1e-6) / (2 * most - 1)
            zeros = (-most - low / scales).round().clamp(-most, most - 1).to(torch.int8)
        state = {"weight": weight.float(), "weight_scale": scales.to(torch.bfloat16)}
        if zeros is not None:
            state["weight_zero_point"] = zeros
        stored = PackedQuantizationCompressor.compress(state, how)
        values = PackedQuantizationCompressor.decompress(dict(stored), how)["weight"]
        return stored, values
    return form


def gptq(bits, group_size, act_order, version):
    def form(weight, generator):
        sys.path.insert(0, os.environ.get("GPTQMODEL", ""))
        from gptqmodel.nn_modules.qlinear.torch import TorchLinear
        rows, columns = weight.shape
        size = group_size if group_size > 0 else columns
        groups, most, per_word = columns // size, 2 ** bits, 32 // bits
        order = torch.randperm(columns, generator=generator) if act_order else torch.arange(columns)
        g_idx = torch.empty(columns, dtype=torch.int32)
        g_idx[order] = (torch.arange(columns) // size).int()
        scales = (torch.rand(groups, rows, generator=generator) * 0.05 + 0.02).to(torch.float16) * (16 / most)
        zeros = torch.randint(1, most, (groups, rows), generator=generator)
        q = (weight.float().T / scales.float()[g_idx.long()] + zeros[g_idx.long()]).round().clamp(0, most - 1).long()
        pack = lambda t: (t << (torch.arange(per_word) * bits)).sum(-1).to(torch.int64).numpy().astype(np.uint32).view(np.int32)
        layer = TorchLinear(bits=bits, group_size=group_size, sym=False, desc_act=act_order, in_features=columns,
                            out_features=rows, bias=False)
        layer.qweight = torch.from_numpy(pack(q.view(columns // per_word, per_word, rows).transpose(1, 2)))
        layer.qzeros = torch.from_numpy(pack(zeros.view(groups, rows // per_word, per_word)))  # as version 2 has them
        layer.scales, layer.g_idx = scales, g_idx
        layer.post_init()
        values = layer.dequantize_weight().T.contiguous()
        kept = zeros - 1 if version == 1 else zeros
        stored = {"qweight": layer.qweight, "scales": scales, "g_idx": g_idx,
                  "qzeros": torch.from_numpy(pack(kept.view(groups, rows // per_word, per_word)))}
        return {k: v.contiguous() for k, v in stored.items()}, values
    return form


def awq(group_size):
    def form(weight, generator):
        from compressed_tensors.compressors.pack_quantized.base import PackedQuantizationCompressor
        from compressed_tensors.entrypoints.convert.converters.autoawq import AutoAWQConverter
        rows, columns = weight.shape
        groups = columns // group_size
        scales = (torch.rand(groups, rows, generator=generator) * 0.05 + 0.02).to(torch.float16)
        zeros = torch.randint(0, 16, (groups, rows), generator=generator)
        q = (weight.float().T / scales.float().repeat_interleave(group_size, 0) + zeros.repeat_interleave(group_size, 0))
        q = q.round().clamp(0, 15).long()
        place = torch.tensor([0, 2, 4, 6, 1, 3, 5, 7])  # nibble i of a word holds column place[i] of its eight
        pack = lambda t: (t.view(t.shape[0], -1, 8)[:, :, place] << (torch.arange(8) * 4)).sum(-1).numpy().astype(np.uint32).view(np.int32)
        stored = {"qweight": torch.from_numpy(pack(q)), "qzeros": torch.from_numpy(pack(zeros)), "scales": scales}
        again = AutoAWQConverter(group_size=group_size).process({f"m.{k}": v for k, v in stored.items()})
        values = PackedQuantizationCompressor.decompress(
            {k[2:]: v for k, v in again.items()}, scheme(4, "int", "group", False, group_size))["weight"]
        return {k: v.contiguous() for k, v in stored.items()}, values
    return form


def compressed(format, weights):
    return dict(quant_method="compressed-tensors", format=format, ignore=["lm_head"], quantization_status="compressed",
                kv_cache_scheme=None, config_groups=dict(group_0=dict(targets=["Linear"], weights=weights)))


FORMS = {  # name: (form, quantization_config)
    "fp8-block": (fp8_block, dict(quant_method="fp8", fmt="e4m3", activation_scheme="dynamic", weight_block_size=[BLOCK, BLOCK])),
    "fp8-channel": (fp8_rows("channel"), compressed("float-quantized", dict(num_bits=8, type="float", strategy="channel", symmetric=True))),
    "fp8-tensor": (fp8_rows("tensor"), compressed("float-quantized", dict(num_bits=8, type="float", strategy="tensor", symmetric=True))),
    "int4-pack": (packed(4, True, 8), compressed("pack-quantized", dict(num_bits=4, type="int", strategy="group", group_size=8, symmetric=True))),
    "int4-pack-asym": (packed(4, False, 16), compressed("pack-quantized", dict(
        num_bits=4, type="int", strategy="group", group_size=16, symmetric=False, actorder=None))),
    "int8-pack-channel": (packed(8, True, None), compressed("pack-quantized", dict(num_bits=8, type="int", strategy="channel", symmetric=True))),
    "gptq-act": (gptq(4, 16, True, 1), dict(quant_method="gptq", bits=4, group_size=16, desc_act=True, sym=False, checkpoint_format="gptq")),
    "gptq8-v2": (gptq(8, 16, False, 2), dict(quant_method="gptq", bits=8, group_size=16, desc_act=False, sym=False, checkpoint_format="gptq_v2")),
    "awq": (awq(16), dict(quant_method="awq", bits=4, group_size=16, zero_point=True, version="gemm")),
}


def mxfp4(values):
    """gpt-oss: [E, in, out] -> blocks [E, out, in / 32, 16] and scales, and what transformers makes of these."""
    from transformers.integrations.mxfp4 import FP4_VALUES, convert_moe_packed_tensors
    rows = values.float().transpose(1, 2).contiguous()
    blocks = rows.view(*rows.shape[:2], -1, 32)
    exponent = torch.floor(torch.log2(blocks.abs().amax(-1).clamp(min=1e-30))) - 2
    table = torch.tensor(FP4_VALUES)
    codes = (blocks / torch.exp2(exponent)[..., None])[..., None].sub(table).abs().argmin(-1)
    packed = (codes[..., 0::2] | codes[..., 1::2] << 4).to(torch.uint8)
    scales = (exponent + 127).to(torch.uint8)
    return packed.contiguous(), scales.contiguous(), convert_moe_packed_tensors(packed, scales)


def store(form, tensors, generator):
    """(tensors as they are stored, tensors as they are computed with, names of weights whose values are to be kept)."""
    stored, plain, names = {}, {}, []
    for name, tensor in tensors.items():
        if form == "mxfp4":
            if name.endswith(("experts.gate_up_proj", "experts.down_proj")):
                stored[name + "_blocks"], stored[name + "_scales"], plain[name] = mxfp4(tensor)
                names.append(name)
                continue
        elif name.endswith(("_proj.weight", "_with_mqa.weight", "in_proj_qkvz.weight")) or ".experts." in name and name.endswith((".w1.weight", ".w2.weight", ".w3.weight")):
            parts, plain[name] = FORMS[form][0](tensor, generator)
            for suffix, part in parts.items():
                stored[name.removesuffix("weight") + suffix] = part
            names.append(name)
            continue
        stored[name] = plain[name] = tensor
    return stored, plain, names


def config_of(form):
    return dict(quant_method="mxfp4", modules_to_not_convert=["lm_head"]) if form == "mxfp4" else FORMS[form][1]
