// SPDX-License-Identifier: GPL-3.0-or-later
//
// Results that were computed before. A cache is a convenience: one that is missing, full, damaged or not to be written
// costs time, never a result and never an error.
#pragma once

#include "analysis/metrics/analyse.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace expertscope {

class ResultCache
{
public:
    /// A cache that holds nothing.
    ResultCache() = default;
    /// Files below `folder`, at most `limit` bytes of results; the ones longest unused go first.
    explicit ResultCache(std::filesystem::path folder, std::uint64_t limit = kStandardLimit);
    /// Where the environment says: expertscope/ in $EXPERTSCOPE_CACHE, $XDG_CACHE_HOME or ~/.cache.
    static ResultCache standard();

    /// What the results depend on, as a hash: the contents of the traces, the request (defaults filled in), this
    /// program. Empty when there is no cache or a file cannot be read.
    std::string keyOf(const std::vector<std::filesystem::path>& traces, const AnalysisRequest& request) const;

    std::optional<Results> find(const std::string& key) const;
    void store(const std::string& key, const Results& results) const;

    static constexpr std::uint64_t kStandardLimit = 512ull << 20;

private:
    std::string memoisedHash(const std::filesystem::path& path) const;

    std::filesystem::path m_folder;
    std::uint64_t m_limit = 0;
};

/// SHA-256 over the SHA-256 of each 16 MiB of a file, in hexadecimal: pieces can be hashed at the same time. Empty when
/// it cannot be read.
std::string contentHash(const std::filesystem::path& path);

}
