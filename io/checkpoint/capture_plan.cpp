// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/capture_plan.h"

#include "io/checkpoint/model_parts.h"

#include <optional>

namespace expertscope {

const char* toString(DeviceKind kind)
{
    return kind == DeviceKind::Cuda ? "cuda" : "cpu";
}

Expected<DeviceKind> parseDevice(const std::string& name)
{
    for (const DeviceKind kind : {DeviceKind::Cpu, DeviceKind::Cuda}) {
        if (name == toString(kind))
            return kind;
    }
    return fail("unknown device '" + name + "'", "--device", "cpu or cuda");
}

const char* toString(ComputeType type)
{
    switch (type) {
    case ComputeType::BFloat16:
        return "bfloat16";
    case ComputeType::Float16:
        return "float16";
    case ComputeType::Float32:
        break;
    }
    return "float32";
}

Expected<ComputeType> chooseComputeType(const std::string& option, DeviceKind device, const std::string& stored)
{
    const auto named = [](const std::string& name) -> std::optional<ComputeType> {
        if (name == "fp32" || name == "float32" || name == "float")
            return ComputeType::Float32;
        if (name == "bf16" || name == "bfloat16")
            return ComputeType::BFloat16;
        if (name == "fp16" || name == "float16" || name == "half")
            return ComputeType::Float16;
        return std::nullopt;
    };
    if (option == "auto") {
        if (device == DeviceKind::Cpu)
            return ComputeType::Float32;
        return named(stored).value_or(ComputeType::Float32);
    }
    if (const auto type = named(option))
        return *type;
    return fail("unknown number type '" + option + "'", "--dtype", "auto, fp32, bf16 or fp16");
}

double loadedWeightBytes(const ArchSpec& arch, ComputeType type)
{
    // The model without its head, cut behind its last router.
    ArchSpec cut = arch;
    while (!cut.layers.empty() && !cut.layers.back().moe)
        cut.layers.pop_back();
    const ModelCounts counts = countParameters(cut);
    double elements = counts.all() - counts.of(ModelPart::Head).all();
    elements -= double(arch.hiddenSize) * (arch.normKind == NormKind::LayerNorm ? 2 : 1); // the last norm
    const auto sites = double(arch.sites.size());
    if (sites > 0)
        elements -= (counts.of(ModelPart::Experts).all() + counts.of(ModelPart::Shared).all()) / sites;
    // Queries without a narrow vector have no bias of their own, but lie in one tensor with keys that do.
    double wide = counts.selectionBiases; // in fp32 whatever the type
    for (const LayerSpec& layer : cut.layers) {
        if (layer.mixer == Mixer::Latent && arch.qkvBias && arch.latent->queryRank == 0)
            elements += double(arch.numHeads) * double(arch.headDim);
        if (layer.mixer == Mixer::DeltaNet)
            wide += double(arch.deltaNet->valueHeads)
                + double(arch.deltaNet->byChannel ? arch.deltaNet->keyWidth() : arch.deltaNet->valueHeads);
        if (layer.mixer == Mixer::StateSpace)
            wide += 3 * double(arch.stateSpace->heads);
        if (arch.normKind == NormKind::RmsAroundOne) {
            wide += 2 * double(arch.hiddenSize);
            if (layer.mixer == Mixer::GroupedQuery && arch.qkNorm == QkNorm::PerHead)
                wide += 2 * double(arch.headDim);
        }
    }
    if (arch.router.fp32Logits)
        wide += counts.of(ModelPart::Routers).matrices;
    return (elements - wide) * double(bytesOf(type)) + wide * 4;
}

}
