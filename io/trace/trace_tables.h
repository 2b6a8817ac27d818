// SPDX-License-Identifier: GPL-3.0-or-later
//
// The small parts of a trace file: attributes, sites, sequences, labels. All sizes are checked before they are
// believed.
#pragma once

#include "io/trace/hdf5_handle.h"
#include "io/trace/trace_file.h"

namespace expertscope {

/// An open trace file; checked to be one that this program reads.
struct OpenTrace
{
    hdf5::Handle file;
    std::string name;
    std::uint64_t bytes = 0;
};

Expected<OpenTrace> openTrace(const std::filesystem::path& path);
/// Attributes, sites, names of labels; shapes only of everything that grows with the number of tokens.
Expected<TraceSummary> readSummary(const OpenTrace& trace);
/// Sequences and labels as well.
Expected<RoutingShape> readShape(const OpenTrace& trace, const TraceSummary& summary);

}
