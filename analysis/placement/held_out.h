// SPDX-License-Identifier: GPL-3.0-or-later
//
// A trace in two parts: tokens that planners learn from, and tokens that plans are scored on.
#pragma once

#include "analysis/spine/pass_options.h"

#include <string>

namespace expertscope::placement {

/// A trace seen so that a pass can visit either part alone. Selected sequences go in turn to the first and the second
/// part, whichever has fewer tokens so far; if one of them holds more than half of all tokens, each is cut in the
/// middle instead, and its first half is learnt from.
class HeldOutSplit final : public BlockSource
{
public:
    /// `base` must outlive it. Errors: those of selectSequences; nothing selected for one of the parts.
    static Expected<HeldOutSplit> create(BlockSource& base, const PassOptions& options);

    const RoutingShape& shape() const override { return m_shape; }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override
    {
        return m_base->read(site, range, wanted, buffer);
    }

    const PassOptions& learning() const { return m_learning; } ///< to be used with this source
    const PassOptions& scoring() const { return m_scoring; }
    bool cut() const { return m_cut; }

private:
    HeldOutSplit() = default;
    void cutSequences(const PassOptions& options, const std::vector<char>& selected);
    void dealSequences(const PassOptions& options, const std::vector<SequenceIndex>& selected);

    BlockSource* m_base = nullptr;
    RoutingShape m_shape; ///< with a label that names the part
    PassOptions m_learning, m_scoring;
    bool m_cut = false;
};

}
