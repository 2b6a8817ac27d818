// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/shard_index.h"

#include "io/base/json.h"
#include "io/checkpoint/foreign_layouts.h"
#include "io/checkpoint/input_file.h"

#include <algorithm>
#include <system_error>

namespace expertscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxIndexBytes = 64u << 20;
constexpr std::size_t kMaxFiles = 4096; // each stays open

bool isPlainName(const std::string& name)
{
    return !name.empty() && name.size() <= 255 && name != "." && name != ".."
        && name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

/// A shard may be a link to anywhere: whoever keeps the folder made it. What an index from a stranger names are plain
/// names, which do not lead out of the folder.
Expected<void> checkIsThere(const fs::path& file)
{
    std::error_code error, ignored;
    if (fs::exists(file, error))
        return {};
    const bool link = fs::is_symlink(fs::symlink_status(file, ignored));
    const auto target = link ? fs::read_symlink(file, ignored).string() : std::string();
    return fail(error ? "cannot open: " + error.message()
            : link    ? "cannot open: it is a link to " + target + ", and nothing is there"
                      : std::string("cannot open: no such file"),
        file.string(), "is the checkpoint complete?");
}

}

Expected<ShardIndex> parseShardIndex(const std::string& json, const std::string& where)
{
    JsonLimits limits;
    limits.maxBytes = kMaxIndexBytes;
    limits.maxValues = 4'000'000;
    limits.maxDepth = 16;
    ES_ASSIGN(const auto root, parseStrictJson(json, limits, where));
    const auto* map = root.find("weight_map");
    if (!map)
        return fail("lacks weight_map", where);
    if (!map->object())
        return fail(std::string("is ") + map->kind() + ", not an object", where + ": weight_map");
    if (map->object()->empty())
        return fail("names no tensor", where + ": weight_map");

    ShardIndex index;
    for (const auto& [tensor, file] : *map->object()) {
        const auto at = where + ": weight_map: '" + tensor.substr(0, 300) + "'";
        if (!file.string())
            return fail(std::string("is ") + file.kind() + ", not a file name", at);
        if (!isPlainName(*file.string()))
            return fail("'" + file.string()->substr(0, 300) + "' is not a plain file name", at);
        if (!file.string()->ends_with(".safetensors"))
            return fail("'" + *file.string() + "' is not a safetensors file", at);
        index.files.push_back(*file.string());
    }
    std::sort(index.files.begin(), index.files.end());
    index.files.erase(std::unique(index.files.begin(), index.files.end()), index.files.end());
    if (index.files.size() > kMaxFiles)
        return fail("names more than " + std::to_string(kMaxFiles) + " files", where);
    for (const auto& [tensor, file] : *map->object()) {
        const auto at = std::lower_bound(index.files.begin(), index.files.end(), *file.string());
        index.tensors.emplace_back(tensor, static_cast<std::size_t>(at - index.files.begin()));
    }
    return index;
}

Expected<WeightFiles> findWeightFiles(const fs::path& folder)
{
    WeightFiles found;
    std::error_code error;
    const auto single = folder / "model.safetensors";
    if (fs::exists(single, error)) {
        found.paths.push_back(single);
        return found;
    }
    const auto indexPath = folder / "model.safetensors.index.json";
    if (!fs::exists(indexPath, error))
        return tl::unexpected(noWeights(folder));
    ES_ASSIGN(const auto text, readTextFile(indexPath, kMaxIndexBytes));
    ES_ASSIGN(found.index, parseShardIndex(text, indexPath.string()));
    for (const auto& name : found.index.files) {
        ES_TRY(checkIsThere(folder / name));
        found.paths.push_back(folder / name);
    }
    return found;
}

}
