// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/trace/hdf5_handle.h"

namespace expertscope::hdf5 {

/// Can this HDF5 undo all filters that pack a dataset? The error names the one that it lacks, and what to run.
Expected<void> checkFilters(hid_t dataset, const std::string& where);

}
