// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/backend/sequence_parts.h"

namespace expertscope {

/// Sequences of similar length as one padded batch. For what is causal, padding on the right needs no mask: a real token
/// never sees it. For .cpp files of io/backend only.
struct PaddedSequences
{
    std::int64_t sequences = 0, longest = 0;
    std::int64_t first = 0; ///< row of the first token of the longest
    bool begun = false, goesOn = false; ///< as of a segment, which is alone then
    at::Tensor gather; ///< [sequences * longest] packed row of each padded place
    at::Tensor scatter; ///< [tokens of these] padded place of each packed row…
    at::Tensor rows; ///< … and that packed row

    /// [rows, …] -> [sequences, longest, …]
    at::Tensor pad(const at::Tensor& packed) const;
    /// … and what was padded back to its rows of `packed`.
    void unpad(const at::Tensor& padded, const at::Tensor& packed) const;
};

/// Longest first. Rows are tokens less `origin`.
std::vector<PaddedSequences> padByLength(std::vector<Segment> segments, std::int64_t origin, const at::Device& device);

}
