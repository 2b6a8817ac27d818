// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rotary embedding and causal attention of a packed batch by LibTorch's operators. For .cpp files of io/backend only.
#pragma once

#include "io/backend/aten_padding.h"

namespace expertscope {

/// Queries, keys and values, [tokens, heads, D] each; gates of what is attended, or undefined.
struct AttentionHeads
{
    at::Tensor q, k, v, gates;

    /// Takes those of a part; of the only one as they are.
    void put(const AttentionHeads& from, const Part& part, std::int64_t tokens);
};

class AtenAttention
{
public:
    explicit AtenAttention(const EngineSetup& setup);

    /// Rotations of every token and the padded buckets: all that depends on lengths, uploaded once a batch.
    void plan(const std::vector<std::uint32_t>& lengths);
    /// [tokens of the part, heads, D]
    at::Tensor rotated(const at::Tensor& x, const Part& part) const;
    /// [tokens, heads * D of values]; window: 0 = full causal; sinks: [heads] or undefined.
    at::Tensor operator()(const AttentionHeads& heads, std::int64_t window, const at::Tensor& sinks) const;

private:
    AttentionHeads widened(const AttentionHeads& heads, const at::Tensor& sinks, at::Tensor& sinkKey) const;
    void padded(const PaddedSequences& bucket, const AttentionHeads& heads, std::int64_t window, const at::Tensor& sinkKey,
        at::Tensor& attended) const;
    void inBlocks(const Part& sequence, const AttentionHeads& heads, std::int64_t window, const at::Tensor& sinkKey,
        at::Tensor& attended) const;
    at::Tensor seen(const Part& queries, const Part& keys, std::int64_t window) const;

    const EngineSetup m;
    const double m_scale;
    RopeTables m_rope;
    std::int64_t m_tokens = 0;
    std::vector<PaddedSequences> m_buckets;
    at::Tensor m_cosine, m_sine; ///< [tokens, 1, rotated / 2]
};

}
