// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/results/result_document.h"

#include <filesystem>

namespace expertscope::results {

/// One HDF5 file, version 1.10, written beside `path` and renamed.
/// Errors: what the file system says; more rows or values than a reader takes.
Expected<void> writeResultsHdf5(const std::filesystem::path& path, const ResultDocument& document);

}
