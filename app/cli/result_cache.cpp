// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/result_cache.h"

#include "analysis/results/json_reader.h"
#include "analysis/results/json_writer.h"
#include "analysis/results/result_document.h"
#include "app/cli/analysis_options.h"
#include "io/base/sha256.h"
#include "io/base/version.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

namespace expertscope {

namespace fs = std::filesystem;

namespace {

constexpr const char* kMagic = "expertscope-cache 1 ";
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

/// Written beside and renamed, so that nobody sees half of it. Failing is fine.
void writeFile(const fs::path& path, const std::string& text)
{
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    const fs::path part = path.string() + "." + std::to_string(getpid()) + ".tmp";
    std::ofstream file(part, std::ios::binary);
    file << text;
    file.close();
    if (file)
        fs::rename(part, path, error);
    if (!file || error)
        fs::remove(part, error);
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

/// The state of a file as far as the file system knows it; empty when it is not there.
std::string identityOf(const fs::path& path, bool& settled)
{
    struct stat info
    {
    };
    if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
        return {};
    // A file changed twice within one tick of the clock looks the same both times.
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    settled = now.tv_sec - std::max(info.st_mtim.tv_sec, info.st_ctim.tv_sec) >= 2;
    std::ostringstream text;
    text << info.st_dev << ' ' << info.st_ino << ' ' << info.st_size << ' ' << info.st_mtim.tv_sec << '.'
         << info.st_mtim.tv_nsec << ' ' << info.st_ctim.tv_sec << '.' << info.st_ctim.tv_nsec;
    return text.str();
}

}

ResultCache::ResultCache(fs::path folder, std::uint64_t limit)
    : m_folder(std::move(folder))
    , m_limit(limit)
{
}

ResultCache ResultCache::standard()
{
    for (const auto& [variable, below] :
        {std::pair("EXPERTSCOPE_CACHE", ""), std::pair("XDG_CACHE_HOME", ""), std::pair("HOME", ".cache")}) {
        const char* value = std::getenv(variable);
        if (value && *value)
            return ResultCache(fs::path(value) / below / "expertscope");
    }
    return {};
}

std::string ResultCache::memoisedHash(const fs::path& path) const
{
    bool settled = false;
    const std::string identity = identityOf(path, settled);
    if (identity.empty())
        return {};
    const fs::path memo = m_folder / "hashes" / sha256(identity);
    if (const auto known = readFile(memo); known && known->size() == kHashLength)
        return *known;
    std::string hash = contentHash(path);
    bool ignored = false;
    if (identityOf(path, ignored) != identity)
        return {}; // it is being written
    if (settled && !hash.empty()) {
        writeFile(memo, hash);
        prune(m_folder / "hashes", UINT64_MAX, kMostHashes);
    }
    return hash;
}

std::string ResultCache::keyOf(const std::vector<fs::path>& traces, const AnalysisRequest& request) const
{
    if (m_folder.empty() || request.pass.shard.count > 1)
        return {};
    std::string text;
    const auto add = [&](const std::string& part) { text += std::to_string(part.size()) + ':' + part + '\n'; };
    add(kVersion);
    std::vector<fs::path> files{"/proc/self/exe"}; // rebuilt, it may compute other numbers under the same version
    files.insert(files.end(), traces.begin(), traces.end());
    for (const fs::path& path : files) {
        const std::string hash = memoisedHash(path);
        if (hash.empty())
            return {};
        add(hash);
    }
    for (const std::string& name : request.series)
        add(name);
    AnalysisRequest whole = request;
    for (MetricRequest& metric : whole.metrics) {
        const MetricSpec* spec = findMetricSpec(metric.name);
        const auto params = spec ? Parameters::check(spec->params, metric.params) : fail("unknown metric");
        if (!params)
            return {};
        metric.params = params->all();
    }
    for (const auto& [name, value] : describe(whole, {}))
        add(name + "=" + value);
    for (const LabelFilter& filter : request.pass.where) {
        add(filter.label);
        add(filter.value);
    }
    return sha256(text);
}

std::optional<Results> ResultCache::find(const std::string& key) const
{
    if (key.empty())
        return std::nullopt;
    const fs::path path = m_folder / "results" / key;
    const auto text = readFile(path);
    if (!text)
        return std::nullopt;
    std::error_code ignored;
    const std::size_t head = std::string(kMagic).size() + kHashLength + 1;
    if (text->size() > head && text->starts_with(kMagic)) {
        const std::string body = text->substr(head);
        if (text->substr(0, head) == kMagic + sha256(body) + '\n') {
            if (auto document = readResultsJson(body, path.string())) {
                fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
                return std::move(document->results);
            }
        }
    }
    fs::remove(path, ignored);
    return std::nullopt;
}

void ResultCache::store(const std::string& key, const Results& results) const
{
    if (key.empty())
        return;
    std::ostringstream body;
    writeResultsJson(body, {{}, results});
    const std::string text = std::move(body).str();
    if (text.size() > m_limit / 4)
        return; // it would push everything else out
    writeFile(m_folder / "results" / key, kMagic + sha256(text) + '\n' + text);
    prune(m_folder / "results", m_limit, SIZE_MAX);
}

}
