// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/result_cache.h"

#include "analysis/study/code_hash.h"
#include "analysis/study/kept_results.h"
#include "io/base/cache_folder.h"
#include "io/base/sha256.h"
#include "io/base/text.h"
#include "io/base/version.h"
#include "io/base/new_file.h"
#include "io/base/standard_streams.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <new>
#include <sstream>

namespace expertscope {

namespace fs = std::filesystem;

namespace {

constexpr const char* kCacheMagic = "expertscope-cache 2 ";
constexpr std::size_t kHashLength = 64, kMostHashes = 4096;

std::string sha256(const std::string& text)
{
    return sha256Hex(std::as_bytes(std::span(text)));
}

std::optional<std::string> readFile(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf()))
        return std::nullopt;
    return std::move(text).str();
}

/// Nobody sees half of it, whoever else writes the same. Failing is fine.
void writeFile(const fs::path& path, const std::string& text)
{
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    (void)replaceFile(path, text);
}

/// Removes what was longest unused until `most` bytes and `mostFiles` files are left.
void prune(const fs::path& folder, std::uint64_t most, std::size_t mostFiles)
{
    struct Entry
    {
        fs::file_time_type time;
        std::uint64_t bytes;
        fs::path path;
    };
    std::vector<Entry> entries;
    std::uint64_t total = 0;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        // Another process may take any of them away meanwhile.
        std::error_code gone;
        const Entry entry{it->last_write_time(gone), gone ? 0 : it->file_size(gone), it->path()};
        if (gone)
            continue;
        total += entry.bytes;
        entries.push_back(entry);
    }
    std::ranges::sort(entries, {}, &Entry::time);
    std::size_t left = entries.size();
    for (const Entry& entry : entries) {
        if (total <= most && left <= mostFiles)
            return;
        fs::remove(entry.path, error);
        total -= entry.bytes;
        --left;
    }
}

}

ResultCache::ResultCache(fs::path folder, std::uint64_t limit)
    : m_folder(std::move(folder))
    , m_limit(limit)
{
}

ResultCache ResultCache::standard()
{
    const fs::path folder = cacheFolder();
    return folder.empty() ? ResultCache() : ResultCache(folder);
}

std::string ResultCache::hashOf(
    int file, const FileState& state, bool read, const std::function<bool()>& goOn) const
{
    const FileState before = fileState(file);
    if (!keeps() || before.text.empty() || !(before == state))
        return {};
    const fs::path memo = m_folder / "hashes" / sha256(state.text);
    if (const auto known = readFile(memo); known && known->size() == kHashLength)
        return *known;
    if (!read)
        return {};
    std::string hash = contentHash(file, goOn);
    if (!(fileState(file) == state))
        return {}; // it is being written
    if (before.settled && !hash.empty()) {
        writeFile(memo, hash);
        prune(m_folder / "hashes", UINT64_MAX, kMostHashes);
    }
    return hash;
}

std::string ResultCache::keyOf(std::span<const std::string> contents, const std::string& question)
{
    std::string text;
    const auto add = [&](const std::string& part) { text += std::to_string(part.size()) + ':' + part + '\n'; };
    add(kVersion);
    add(kCodeHash);
    for (const std::string& hash : contents) {
        if (hash.empty())
            return {};
        add(hash);
    }
    add(question);
    return sha256(text);
}

std::optional<Results> ResultCache::find(const std::string& key) const
{
    if (key.empty() || !keeps())
        return std::nullopt;
    const fs::path path = m_folder / "results" / key;
    const auto text = readFile(path);
    if (!text)
        return std::nullopt;
    std::error_code ignored;
    const std::size_t head = std::string(kCacheMagic).size() + kHashLength + 1;
    if (text->size() > head && text->starts_with(kCacheMagic)) {
        const std::string body = text->substr(head);
        if (text->substr(0, head) == kCacheMagic + sha256(body) + '\n') {
            if (auto results = readKeptText(body, path.string())) {
                fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
                return *std::move(results);
            }
        }
    }
    fs::remove(path, ignored);
    return std::nullopt;
}

void ResultCache::store(std::span<const Entry> entries) const
{
    bool stored = false;
    for (const auto& [key, results] : entries) {
        if (key.empty() || !keeps())
            continue;
        try {
            const std::string text = keptText(*results);
            if (text.size() > m_limit / 4)
                continue; // it would push everything else out
            writeFile(m_folder / "results" / key, kCacheMagic + sha256(text) + '\n' + text);
            stored = true;
        } catch (const std::bad_alloc&) {
            break; // the results themselves may still find their way
        }
    }
    if (stored)
        prune(m_folder / "results", m_limit, SIZE_MAX);
}

void ResultCache::store(const std::string& key, const Results& results) const
{
    const Entry entry{key, &results};
    store(std::span(&entry, 1));
}

}
