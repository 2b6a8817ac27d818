// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace expertscope {

/// model.safetensors.index.json: which file holds which tensor.
struct ShardIndex
{
    std::vector<std::string> files; ///< plain names, sorted, without duplicates
    std::vector<std::pair<std::string, std::size_t>> tensors; ///< sorted by name; index into files
};

/// File names that could lead out of the folder (separators, "..", absolute) are refused.
Expected<ShardIndex> parseShardIndex(const std::string& json, const std::string& where);

/// The weight files of a checkpoint folder, as the reference library looks for them: model.safetensors, else the shards
/// of model.safetensors.index.json. `index` stays empty for the former.
struct WeightFiles
{
    std::vector<std::filesystem::path> paths;
    ShardIndex index;
};
Expected<WeightFiles> findWeightFiles(const std::filesystem::path& folder);

}
