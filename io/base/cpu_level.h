// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which instruction sets kernels may use that are compiled for several of them.
#pragma once

namespace expertscope {

/// Each has all that the ones before it have.
enum class CpuLevel
{
    Baseline,
    Avx2, ///< and FMA, POPCNT, BMI, BMI2
    Avx512, ///< F, BW, DQ, VL
    Avx512Bits ///< CD, VBMI, VBMI2, VPOPCNTDQ, BITALG, GFNI: Ice Lake, Zen 4 and later
};

/// The highest level that this CPU and the environment variable EXPERTSCOPE_CPU_KERNELS allow
/// (baseline, avx2, avx512: asks for less than the CPU can do, to compare).
CpuLevel cpuLevel();

}
