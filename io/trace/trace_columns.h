// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/trace/numeric_dataset.h"
#include "io/trace/trace_schema.h"
#include "io/trace/trace_tables.h"

namespace expertscope {

/// A column that the summary says is there. Errors: another shape or type than the trace's other tables ask for.
Expected<NumericDataset> openColumn(const OpenTrace& trace, const TraceSummary& summary, Column column);

/// The columns that are there.
std::vector<Column> columnsOf(const TraceSummary& summary);

}
