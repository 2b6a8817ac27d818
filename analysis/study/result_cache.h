// SPDX-License-Identifier: GPL-3.0-or-later
//
// Results that were computed before, on disk, a metric a file: what one front end computed the others find. A cache is a
// convenience: one that is missing, full, damaged or not to be written costs time, never a result and never an error.
#pragma once

#include "analysis/spine/result.h"
#include "analysis/study/content_hash.h"

#include <optional>
#include <span>
#include <vector>

namespace expertscope {

class ResultCache
{
public:
    /// A cache that holds nothing.
    ResultCache() = default;
    /// Files below `folder`, at most `limit` bytes of results; the ones longest unused go first.
    explicit ResultCache(std::filesystem::path folder, std::uint64_t limit = kStandardLimit);
    /// In cacheFolder().
    static ResultCache standard();

    bool keeps() const { return !m_folder.empty(); }

    /// contentHash() of an open file in a state, which is remembered. Empty when the file is in another state now, or
    /// cannot be read; without `read` also when its content is not known yet: hashing costs as much as reading.
    std::string hashOf(
        int file, const FileState& state, bool read, const std::function<bool()>& goOn = {}) const;

    /// What the results depend on, as a hash: the contents of the traces by hash, the question, the code that computes.
    static std::string keyOf(std::span<const std::string> contents, const std::string& question);

    std::optional<Results> find(const std::string& key) const;
    struct Entry
    {
        std::string key;
        const Results* results;
    };
    void store(std::span<const Entry> entries) const;
    void store(const std::string& key, const Results& results) const;

    static constexpr std::uint64_t kStandardLimit = 512ull << 20;

private:
    std::filesystem::path m_folder;
    std::uint64_t m_limit = 0;
};

}
