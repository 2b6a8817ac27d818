// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/topk/cut.h"

#include <memory>

namespace expertscope::topk {

/// A trace with the choices that a cut leaves: what goes is as if its slot held no expert. It has no other columns:
/// with fewer experts they would be others. Token ids stay.
class CutSource final : public BlockSource
{
public:
    CutSource(std::shared_ptr<BlockSource> like, Cut cut);

    const RoutingShape& shape() const override { return m_shape; }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override;

private:
    std::shared_ptr<BlockSource> m_like;
    Cut m_cut;
    RoutingShape m_shape;
};

}
