// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a capture decides about a model before it loads a weight: device, number type, batch, memory. For who captures
// and for who only wants to know.
#pragma once

#include "io/checkpoint/arch_spec.h"

namespace expertscope {

enum class DeviceKind : std::uint8_t
{
    Cpu,
    Cuda
};
enum class ComputeType : std::uint8_t
{
    Float32,
    BFloat16,
    Float16
};

const char* toString(DeviceKind kind);
/// Of --device. Error: neither cpu nor cuda.
Expected<DeviceKind> parseDevice(const std::string& name);
const char* toString(ComputeType type);
constexpr std::uint64_t bytesOf(ComputeType type)
{
    return type == ComputeType::Float32 ? 4 : 2;
}

/// `option`: auto | fp32 | bf16 | fp16; `stored`: the checkpoint's dtype as config.json spells it, may be empty.
/// auto: the checkpoint's own on CUDA; fp32 on any CPU, whatever it can do: bf16 rounding moves choices near a tie, and
/// every bf16 and fp16 value is an fp32 value.
Expected<ComputeType> chooseComputeType(const std::string& option, DeviceKind device, const std::string& stored);

/// Tokens computed together where nothing else is asked for.
constexpr std::uint64_t standardBatchTokens(DeviceKind device)
{
    return device == DeviceKind::Cuda ? 16384 : 4096;
}

/// Bytes of the weights that are loaded to record all sites, without loss: all layers up to the last router and of that
/// layer what the router needs, no head.
double loadedWeightBytes(const ArchSpec& arch, ComputeType type);

}
