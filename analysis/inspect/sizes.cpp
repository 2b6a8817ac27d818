// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/inspect/sizes.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace expertscope::inspect {

namespace {

using Forms = std::map<std::string, double>;

void sortForms(const Forms& forms, StoredSizes& sizes)
{
    sizes.forms.assign(forms.begin(), forms.end());
    std::ranges::stable_sort(sizes.forms, std::ranges::greater(), [](const auto& form) { return form.second; });
}

double bytesOf(const TensorSource& tensor)
{
    if (!tensor.present())
        return 0;
    if (!tensor.stored)
        return double(tensor.numElements()) * double(elementBits(tensor.type)) / 8;
    const StoredTensor& s = *tensor.stored;
    return bytesOf(s.values) + bytesOf(s.scales) + bytesOf(s.zeros) + bytesOf(s.groups);
}

/// "bf16": short for people.
std::string typeName(ElementType type)
{
    std::string name = elementName(type);
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return name == "f32" ? "fp32" : name == "f16" ? "fp16" : name;
}

StoredSizes storedIn(const Checkpoint& checkpoint)
{
    StoredSizes sizes;
    Forms forms;
    forEachTensor(checkpoint.weights(), [&](ModelPart part, const TensorSource& tensor) {
        const double bytes = bytesOf(tensor);
        sizes.bytes[std::size_t(part)] += bytes;
        forms[tensor.stored ? std::string(storedFormName(tensor.stored->how.form)) : typeName(tensor.type)] += bytes;
    });
    sortForms(forms, sizes);
    sizes.leftOut = double(checkpoint.weightBytes()) - sizes.all();
    return sizes;
}

/// Of a quantised matrix, scales and zeros with it.
double bitsOf(const Quantisation& how)
{
    const double shared = how.groupSize > 0 ? 1 / double(how.groupSize) : 0; // scales a column, in 16 bits
    switch (how.form) {
    case StoredForm::Fp8Block:
        return 8 + 32 / (double(how.blockRows) * double(how.blockColumns));
    case StoredForm::Fp8:
        return 8;
    case StoredForm::Mxfp4:
        return 4.25;
    case StoredForm::Packed:
        return double(how.bits) + 16 * shared + (how.zeros ? double(how.bits) * shared : 0);
    case StoredForm::Gptq:
        return double(how.bits) + (16 + double(how.bits)) * shared;
    case StoredForm::Awq:
        break;
    }
    return 4 + (16 + 4) * shared;
}

bool isQuantised(ModelPart part, StoredForm form)
{
    switch (part) {
    case ModelPart::Experts:
        return true;
    case ModelPart::Attention:
    case ModelPart::Shared:
    case ModelPart::Dense:
        return form != StoredForm::Mxfp4;
    default:
        return false;
    }
}

StoredSizes estimate(const ArchSpec& arch, const ModelCounts& counts)
{
    StoredSizes sizes;
    sizes.estimated = true;
    const double plain = arch.dtype == "float64" ? 8 : arch.dtype == "float32" ? 4 : 2;
    const std::string name = arch.dtype == "float64" ? "fp64"
        : arch.dtype == "float32"                    ? "fp32"
        : arch.dtype == "float16"                    ? "fp16"
                                                     : "bf16";
    Forms forms;
    const auto& how = arch.quantisation;
    for (std::size_t p = 0; p < kNumModelParts; ++p) {
        const PartCount& count = counts.parts[p];
        const bool quantised = how && isQuantised(ModelPart(p), how->form);
        const double packed = quantised ? count.matrices * bitsOf(*how) / 8 : 0;
        const double rest = (quantised ? count.vectors : count.all()) * plain;
        sizes.bytes[p] = packed + rest;
        if (packed > 0)
            forms[std::string(storedFormName(how->form))] += packed;
        forms[name] += rest;
    }
    sortForms(forms, sizes);
    sizes.assumed = arch.dtype.empty() ? "the config names no dtype, bf16 was assumed" : "";
    if (how) {
        sizes.assumed += sizes.assumed.empty() ? "" : "; ";
        sizes.assumed += how->form == StoredForm::Mxfp4
            ? "all experts, and nothing else, were taken as quantised"
            : "all matrices but embedding, head and routers were taken as quantised";
    }
    return sizes;
}

}

double StoredSizes::all() const
{
    return std::accumulate(bytes.begin(), bytes.end(), 0.0);
}

Sizes sizesOf(const Subject& subject)
{
    const ArchSpec& arch = *subject.arch;
    Sizes sizes;
    sizes.counts = countParameters(arch);
    sizes.stored = subject.checkpoint ? storedIn(*subject.checkpoint) : estimate(arch, sizes.counts);
    sizes.cache = countCache(arch);
    sizes.cudaType = chooseComputeType("auto", DeviceKind::Cuda, arch.dtype).value_or(ComputeType::Float32);
    sizes.captureCpu = loadedWeightBytes(arch, ComputeType::Float32);
    sizes.captureCuda = loadedWeightBytes(arch, sizes.cudaType);
    return sizes;
}

}
