// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/shard_index.h"

#include <cstdint>
#include <cstdlib>

using namespace expertscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto index = parseShardIndex(std::string(reinterpret_cast<const char*>(data), size), "fuzz");
    if (!index)
        return 0;
    for (const auto& name : index->files) {
        // Joined to a folder it must stay a direct child.
        const auto path = (std::filesystem::path("/model") / name).lexically_normal();
        if (path.parent_path() != "/model" || path.filename().string() != name)
            std::abort();
    }
    for (const auto& [tensor, file] : index->tensors) {
        if (file >= index->files.size())
            std::abort();
    }
    return 0;
}
