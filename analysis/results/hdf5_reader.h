// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/results/result_document.h"

#include <filesystem>

namespace expertscope::results {

/// Errors name the place: row, matrix, field.
Expected<ResultDocument> readResultsHdf5(const std::filesystem::path& path);

}
