// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which sites and sequences the options of a pass choose.
#pragma once

#include "analysis/spine/pass_options.h"
#include "io/base/error.h"

namespace expertscope {

/// The sequences that a pass goes over, all shards of it together.
struct Selection
{
    std::vector<SequenceIndex> sequences; ///< in token order
    std::vector<std::int32_t> rank; ///< [S] place among them, -1: not selected; empty in the context of a label value

    /// The place of a selected sequence, where `rank` may be empty.
    std::size_t place(SequenceIndex sequence) const;
};

/// The part of a sequence that the options keep, in positions of its tokens; empty: begin = end.
struct PositionRange
{
    std::uint32_t begin = 0, end = 0;

    std::uint32_t length() const { return end - begin; }
};
PositionRange keptPositions(const Sequence& sequence, const PassOptions& options);

/// The sites a pass visits, in order. Error: a site that the trace does not have, or has been named twice.
Expected<std::vector<SiteIndex>> selectSites(const RoutingShape& shape, const PassOptions& options);

/// The sequences that a pass, or all its shards together, visits: those of the wanted labels of which keptPositions() leaves
/// tokens, in token order; of more than PassOptions::sample of these a seeded draw: one at random of each of so many stretches
/// of the same length.
/// Error: a label or a value that the trace does not have; names the ones it has.
Expected<std::vector<SequenceIndex>> selectSequences(const RoutingShape& shape, const PassOptions& options);

/// The label of that name, or an error that names the existing ones.
Expected<const Label*> findLabel(const RoutingShape& shape, const std::string& name);

}
