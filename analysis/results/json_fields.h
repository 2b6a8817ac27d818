// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a JSON object to a row or a matrix. Private to analysis/results.
#pragma once

#include "analysis/results/json_text.h"

namespace expertscope::results {

/// Errors have no place: the caller knows it. Members that are not known are ignored; those that are missing are null.
Expected<ResultRow> toRow(const nlohmann::ordered_json& json);
Expected<ResultMatrix> toMatrix(const nlohmann::ordered_json& json);
/// Of either: the layer of its site ("layer"), of its second one ("to_layer").
Expected<std::optional<std::uint16_t>> toLayer(const nlohmann::ordered_json& json, const char* name);

}
