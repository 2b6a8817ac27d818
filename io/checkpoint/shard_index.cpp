// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/shard_index.h"

#include "io/checkpoint/input_file.h"
#include "io/checkpoint/strict_json.h"

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

bool liesUnder(const fs::path& path, const fs::path& folder)
{
    return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

/// A shard may be a link, but not out of the checkpoint: an index from a stranger names what we open. The hub's
/// download cache links snapshots/REVISION/FILE to blobs/HASH two levels up; that is a checkpoint too.
Expected<void> checkStaysInside(const fs::path& file, const fs::path& folder)
{
    std::error_code error;
    const auto target = fs::canonical(file, error);
    if (error)
        return fail("cannot open: " + error.message(), file.string(), "is the checkpoint complete?");
    const auto home = fs::canonical(folder, error);
    if (!error && liesUnder(target, home))
        return {};
    if (!error && home.parent_path().filename() == "snapshots"
        && liesUnder(target, home.parent_path().parent_path() / "blobs"))
        return {};
    return fail("is a link that leads out of the checkpoint", file.string());
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
    if (!fs::exists(indexPath, error)) {
        const bool pickled = fs::exists(folder / "pytorch_model.bin", error)
            || fs::exists(folder / "pytorch_model.bin.index.json", error);
        return fail("holds neither model.safetensors nor model.safetensors.index.json", folder.string(),
            pickled ? "pickled weights (pytorch_model.bin) are not read; convert them to safetensors" : "");
    }
    ES_ASSIGN(const auto text, readTextFile(indexPath, kMaxIndexBytes));
    ES_ASSIGN(found.index, parseShardIndex(text, indexPath.string()));
    for (const auto& name : found.index.files) {
        ES_TRY(checkStaysInside(folder / name, folder));
        found.paths.push_back(folder / name);
    }
    return found;
}

}
