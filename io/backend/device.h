// SPDX-License-Identifier: GPL-3.0-or-later
//
// The devices of LibTorch. What is decided about them without it: io/checkpoint/capture_plan.h.
#pragma once

#include "io/checkpoint/capture_plan.h"

namespace expertscope {

/// Makes a device usable. Cuda: opens libtorch_cuda from the folder of libtorch_cpu; an error names the library that is
/// missing, or says that there is no GPU.
Expected<void> openDevice(DeviceKind kind);

/// "NVIDIA H200", or the host CPU's name. After openDevice().
std::string deviceName(DeviceKind kind);
std::string torchVersion();

/// AVX512-BF16 or AMX: without them bf16 matrix products are emulated (measured: 190 times slower than fp32).
bool cpuHasBf16Arithmetic();

}
