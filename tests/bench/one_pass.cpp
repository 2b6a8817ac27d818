// SPDX-License-Identifier: GPL-3.0-or-later
//
// What metrics cost beyond reading: one_pass TRACE [--rounds N] [--threads N] [--block TOKENS] [--each] [METRIC…]
//
// Reads and inflates the trace alone (a pass without metrics, tiles of all sites) and with the metrics (default: all
// that need only ids and are not on request), in turn, and prints medians, their ratio, and the largest memory.
// `--each`: every metric by itself as well.
#include "analysis/analyse.h"
#include "io/trace/trace_file.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <sys/resource.h>

using namespace expertscope;

namespace {

double seconds(BlockSource& source, const std::vector<MetricRequest>& metrics, const PassOptions& options)
{
    const auto start = std::chrono::steady_clock::now();
    if (metrics.empty()) {
        if (auto done = runPass(source, {{}, true}, [] { return AccumulatorSet(); }, options); !done)
            std::exit((std::fprintf(stderr, "%s\n", done.error().message().c_str()), 1));
    } else if (auto results = analyse(source, metrics, {}, options); !results) {
        std::exit((std::fprintf(stderr, "%s\n", results.error().message().c_str()), 1));
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values[values.size() / 2];
}

bool needsOnlyIds(const MetricSpec& spec)
{
    return spec.needs.empty() && !spec.needsLabel && spec.minTraces == 1;
}

}

int main(int argc, char** argv)
{
    int rounds = 3;
    bool each = false;
    PassOptions options;
    std::vector<MetricRequest> metrics;
    for (int i = 2; i < argc; ++i) {
        if (!std::strcmp(argv[i], "--rounds") && i + 1 < argc)
            rounds = std::atoi(argv[++i]);
        else if (!std::strcmp(argv[i], "--threads") && i + 1 < argc)
            options.threads = unsigned(std::atoi(argv[++i]));
        else if (!std::strcmp(argv[i], "--block") && i + 1 < argc)
            options.blockTokens = unsigned(std::atoi(argv[++i]));
        else if (!std::strcmp(argv[i], "--each"))
            each = true;
        else
            metrics.push_back({argv[i]});
    }
    if (argc < 2 || rounds < 1) {
        std::fprintf(stderr, "one_pass TRACE [--rounds N] [--threads N] [--block TOKENS] [--each] [METRIC...]\n");
        return 2;
    }
    auto trace = TraceFile::open(argv[1]);
    if (!trace) {
        std::fprintf(stderr, "%s\n", trace.error().message().c_str());
        return 1;
    }
    if (metrics.empty()) {
        for (const MetricSpec& spec : metricRegistry()) {
            if (needsOnlyIds(spec) && !spec.onRequest)
                metrics.push_back({spec.name});
        }
    }
    const RoutingShape& shape = (*trace)->shape();
    const double pairs = double(shape.numTokens) * double(shape.sites.size());
    std::vector<double> reading, all;
    std::vector<std::vector<double>> alone(each ? metrics.size() : 0);
    for (int round = 0; round < rounds; ++round) {
        reading.push_back(seconds(**trace, {}, options));
        all.push_back(seconds(**trace, metrics, options));
        for (std::size_t i = 0; i < alone.size(); ++i)
            alone[i].push_back(seconds(**trace, {metrics[i]}, options));
    }
    const double read = median(reading), together = median(all);
    std::printf("%llu tokens x %zu sites; %d rounds, medians\n", static_cast<unsigned long long>(shape.numTokens),
        shape.sites.size(), rounds);
    std::printf("%-24s %8.3f s %8.1f ns a (token, site)\n", "reading and inflating", read, read * 1e9 / pairs);
    std::printf("%-24s %8.3f s %8.1f ns   %.2f x reading (%zu metrics)\n", "all together", together,
        together * 1e9 / pairs, together / read, metrics.size());
    for (std::size_t i = 0; i < alone.size(); ++i) {
        const double time = median(alone[i]);
        std::printf("%-24s %8.3f s %8.1f ns   %.2f x reading\n", metrics[i].name.c_str(), time, time * 1e9 / pairs,
            time / read);
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("largest memory %.0f MiB\n", double(usage.ru_maxrss) / 1024);
}
