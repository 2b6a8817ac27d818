// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/results/result_document.h"

#include <filesystem>

namespace expertscope::results {

/// HDF5 or JSON, told by the first bytes. Errors as those of hdf5_reader.h and json_reader.h.
Expected<ResultDocument> readResults(const std::filesystem::path& path);

}
