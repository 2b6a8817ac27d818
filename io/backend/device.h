// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where and in which number type a capture computes.
#pragma once

#include "io/base/error.h"

#include <cstdint>
#include <string>

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

/// Makes a device usable. Cuda: opens libtorch_cuda from the folder of libtorch_cpu; an error names the library that is
/// missing, or says that there is no GPU.
Expected<void> openDevice(DeviceKind kind);

/// "NVIDIA H200", or the host CPU's name. After openDevice().
std::string deviceName(DeviceKind kind);
std::string hostCpuName();
std::string torchVersion();

/// AVX512-BF16 or AMX: without them bf16 matrix products are emulated (measured: 190 times slower than fp32).
bool cpuHasBf16Arithmetic();

/// `option`: auto | fp32 | bf16 | fp16; `stored`: the checkpoint's dtype as config.json spells it, may be empty.
/// auto: the checkpoint's own on CUDA; fp32 on any CPU, whatever it can do: bf16 rounding moves choices near a tie, and
/// every bf16 and fp16 value is an fp32 value.
Expected<ComputeType> chooseComputeType(const std::string& option, DeviceKind device, const std::string& stored);

}
