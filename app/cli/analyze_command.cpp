// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/analyze_command.h"

#include "analysis/analyse.h"
#include "app/cli/result_output.h"
#include "app/cli/table.h"
#include "io/base/version.h"
#include "io/trace/trace_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include <unistd.h>

namespace expertscope {

namespace {

int failed(const Error& error, int status = 1)
{
    std::fprintf(stderr, "expertscope: %s\n", error.message().c_str());
    return status;
}

/// What is asked for, checked as far as it can be without the trace.
struct Request
{
    std::vector<MetricRequest> metrics;
    PassOptions pass;
};

Expected<Request> parseRequest(const AnalyzeOptions& options)
{
    Request request;
    for (const std::string& name : options.metrics) {
        if (std::ranges::find(metricRegistry(), name, &MetricSpec::name) == metricRegistry().end())
            return fail("unknown metric '" + name + "'", "--metric", "`expertscope metrics` lists them");
        request.metrics.push_back({name});
    }
    if (request.metrics.empty()) {
        for (const MetricSpec& spec : metricRegistry())
            request.metrics.push_back({spec.name});
    }
    for (const std::string& text : options.where) {
        ES_ASSIGN(LabelFilter filter, parseFilter(text));
        request.pass.where.push_back(std::move(filter));
    }
    if (!options.sites.empty()) {
        ES_ASSIGN(request.pass.sites, parseSites(options.sites));
    }
    if (options.json && options.csv)
        return fail("--json and --csv exclude each other");
    request.pass.skipFirst = options.skipFirst;
    request.pass.threads = options.threads;
    return request;
}

/// A percentage on the terminal, once the pass has taken a second.
std::function<bool(double)> terminalProgress()
{
    if (!isatty(STDERR_FILENO))
        return {};
    const auto start = std::chrono::steady_clock::now();
    return [start, shown = -1](double fraction) mutable {
        const int percent = int(fraction * 100);
        if (std::chrono::steady_clock::now() - start > std::chrono::seconds(1) && percent != shown) {
            shown = percent;
            std::fprintf(stderr, "\ranalysing: %d %%", percent);
        }
        return true;
    };
}

ResultOrigin makeOrigin(const AnalyzeOptions& options, const Request& request, const TraceFile& trace)
{
    const TraceSummary& summary = trace.summary();
    ResultOrigin origin;
    origin.trace = {{"path", options.trace.string()}, {"uuid", summary.uuid}, {"created", summary.created},
        {"model", summary.provenance.modelId}, {"model_type", summary.provenance.modelType},
        {"complete", summary.complete ? "true" : "false"}, {"tokens", std::to_string(summary.numTokens)},
        {"sequences", std::to_string(summary.numSequences)}};
    origin.tool = {{"name", "expertscope analyze"}, {"version", kVersion}};
    std::string metrics, where;
    for (const MetricRequest& metric : request.metrics)
        metrics += (metrics.empty() ? "" : ",") + metric.name;
    for (const std::string& filter : options.where)
        where += (where.empty() ? "" : ",") + filter;
    origin.options = {{"metrics", metrics}, {"by", options.by}, {"where", where}, {"sites", options.sites},
        {"skip_first", std::to_string(options.skipFirst)}};
    return origin;
}

/// One line over the tables: what they are of.
std::string heading(const AnalyzeOptions& options, const PassOptions& pass, const RoutingShape& shape)
{
    std::uint64_t tokens = 0, sequences = 0;
    if (const auto selected = selectSequences(shape, pass)) {
        sequences = selected->size();
        for (const SequenceIndex s : *selected)
            tokens += shape.sequences[std::size_t(s)].length - pass.skipFirst;
    }
    std::ostringstream text;
    text << printable(options.trace.filename().string()) << ": " << tokens << " tokens in " << sequences
         << " sequences";
    if (tokens != shape.numTokens)
        text << " (of " << shape.numTokens << " in " << shape.sequences.size() << ")";
    text << ", " << (pass.sites.empty() ? shape.sites.size() : pass.sites.size()) << " sites";
    std::set<std::pair<unsigned, unsigned>> kinds;
    for (const Site& site : shape.sites)
        kinds.emplace(site.topK, site.numExperts);
    for (const auto& [k, E] : kinds)
        text << ", top-" << k << " of " << E;
    text << ". In brackets: what uniform random routing would give.\n\n";
    return text.str();
}

/// Writes the whole file or none of it.
Expected<void> writeOutput(const std::filesystem::path& path, const std::string& text)
{
    if (path.empty()) {
        if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
            return fail(std::strerror(errno), "standard output");
        return {};
    }
    const std::filesystem::path part = path.string() + ".part";
    errno = 0;
    std::ofstream file(part, std::ios::binary);
    file << text;
    file.close();
    if (!file) {
        const std::string reason = errno ? std::strerror(errno) : "cannot write";
        std::error_code ignored;
        std::filesystem::remove(part, ignored);
        return fail(reason, path.string());
    }
    std::error_code error;
    std::filesystem::rename(part, path, error);
    if (error) {
        std::error_code ignored;
        std::filesystem::remove(part, ignored);
        return fail(error.message(), path.string());
    }
    return {};
}

Expected<void> analyze(const AnalyzeOptions& options, Request request)
{
    ES_ASSIGN(const auto trace, TraceFile::open(options.trace));
    request.pass.progress = terminalProgress();
    auto rows = analyse(*trace, request.metrics, options.by, request.pass);
    if (request.pass.progress)
        std::fprintf(stderr, "\r\033[K");
    if (!rows) {
        Error error = std::move(rows).error();
        error.where = options.trace.string() + (error.where.empty() ? "" : ": " + error.where);
        return tl::unexpected(std::move(error));
    }
    std::ostringstream text;
    const std::string ending = options.output.extension().string();
    const ResultOrigin origin = makeOrigin(options, request, *trace);
    if (options.json || (!options.csv && ending == ".json")) {
        writeJson(text, origin, rows->rows);
    } else if (options.csv || ending == ".csv") {
        writeCsv(text, origin, rows->rows);
    } else {
        text << heading(options, request.pass, trace->shape());
        writeTables(text, trace->shape(), rows->rows, terminalWidth());
    }
    return writeOutput(options.output, text.str());
}

}

Expected<std::vector<SiteIndex>> parseSites(const std::string& text)
{
    const auto wrong = [&] { return fail("'" + text + "' is no list of sites", "--sites", "such as 3, 0-5 or 0-3,7"); };
    std::set<std::uint16_t> sites;
    std::stringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        std::uint16_t first = 0, last = 0;
        const char* const end = part.data() + part.size();
        auto [next, error] = std::from_chars(part.data(), end, first);
        if (error != std::errc())
            return wrong();
        last = first;
        if (next != end) {
            if (*next != '-')
                return wrong();
            const auto second = std::from_chars(next + 1, end, last);
            if (second.ec != std::errc() || second.ptr != end || last < first)
                return wrong();
        }
        for (unsigned site = first; site <= last; ++site)
            sites.insert(static_cast<std::uint16_t>(site));
    }
    if (sites.empty() || text.back() == ',')
        return wrong();
    std::vector<SiteIndex> list;
    for (const std::uint16_t site : sites)
        list.emplace_back(site);
    return list;
}

Expected<LabelFilter> parseFilter(const std::string& text)
{
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        return fail("'" + text + "' is no LABEL=VALUE", "--where");
    return LabelFilter{text.substr(0, equals), text.substr(equals + 1)};
}

int runAnalyze(const AnalyzeOptions& options)
{
    auto request = parseRequest(options);
    if (!request)
        return failed(request.error(), 2);
    if (const auto done = analyze(options, std::move(*request)); !done)
        return failed(done.error());
    return 0;
}

}
