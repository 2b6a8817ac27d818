// SPDX-License-Identifier: GPL-3.0-or-later
//
// Latent attention (MLA) in fp32 on the CPU: from hidden states to the heads that CpuAttention takes. Keys and values
// of all heads are kept as one product of the narrow vectors; the rotated key exists once. For .cpp files of io/backend.
#pragma once

#include "io/backend/cpu_attention.h"

namespace expertscope {

class CpuLatent
{
public:
    CpuLatent(const EngineSetup& setup, const CpuAttention& attention);

    /// Memory for so many tokens.
    void begin(std::int64_t tokens);
    /// The tokens [first, first + x.size(0)), whose normalised hidden states x are. Safe from several workers.
    void project(const LayerWeights& w, const at::Tensor& x, std::int64_t first, int worker);
    /// What was projected, and where what is attended goes: attended().
    CpuHeads heads(const LayerWeights& w) const;
    const at::Tensor& attended() const { return m_attended; } ///< [tokens, heads * valueDim]

private:
    const EngineSetup m;
    const CpuAttention& m_attention;
    const cpu::KernelTable& m_kernel;
    at::Tensor m_queries, m_keysValues, m_rotated, m_attended; ///< of the whole batch
    std::vector<at::Tensor> m_down; ///< of each worker
};

}
