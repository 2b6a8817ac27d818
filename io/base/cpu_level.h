// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which instruction sets kernels may use that are compiled for several of them.
#pragma once

#include <cstddef>

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

/// A table of kernels, for CPUs of at least this level.
template <class Table> struct TableFor
{
    CpuLevel level;
    const Table* table;
};

/// How many of `tables`, the least demanding first, cpuLevel() allows; the first one always.
template <class Table, std::size_t N> std::size_t numAllowed(const TableFor<Table> (&tables)[N])
{
    std::size_t allowed = 1;
    while (allowed < N && tables[allowed].level <= cpuLevel())
        ++allowed;
    return allowed;
}

/// The most demanding one that cpuLevel() allows.
template <class Table, std::size_t N> const Table& bestFor(const TableFor<Table> (&tables)[N])
{
    return *tables[numAllowed(tables) - 1].table;
}

}

/// Declares what expertscope_kernels() in CMake compiles, a `TABLE kTable` in each of the namespaces PREFIXbaseline,
/// PREFIXavx2 and PREFIXavx512, and lists them as kTables. AVX512: the CpuLevel that the last one needs.
#ifdef ES_X86_KERNELS
#define ES_KERNEL_TABLES(TABLE, PREFIX, AVX512)                                                                        \
    namespace PREFIX##baseline {                                                                                       \
    extern const TABLE kTable;                                                                                         \
    }                                                                                                                  \
    namespace PREFIX##avx2 {                                                                                           \
    extern const TABLE kTable;                                                                                         \
    }                                                                                                                  \
    namespace PREFIX##avx512 {                                                                                         \
    extern const TABLE kTable;                                                                                         \
    }                                                                                                                  \
    static constexpr TableFor<TABLE> kTables[]                                                                         \
        = {{CpuLevel::Baseline, &PREFIX##baseline::kTable}, {CpuLevel::Avx2, &PREFIX##avx2::kTable},                   \
            {AVX512, &PREFIX##avx512::kTable}};
#else
#define ES_KERNEL_TABLES(TABLE, PREFIX, AVX512)                                                                        \
    namespace PREFIX##baseline {                                                                                       \
    extern const TABLE kTable;                                                                                         \
    }                                                                                                                  \
    static constexpr TableFor<TABLE> kTables[] = {{CpuLevel::Baseline, &PREFIX##baseline::kTable}};
#endif
