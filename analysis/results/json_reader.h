// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/results/result_document.h"

#include <string_view>

namespace expertscope::results {

/// `where`: what errors call the text. Errors name the place: row, matrix, field.
Expected<ResultDocument> readResultsJson(std::string_view text, const std::string& where);

}
