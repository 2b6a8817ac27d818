// SPDX-License-Identifier: GPL-3.0-or-later
//
// What metrics cost beyond reading: one_pass TRACE [--rounds N] [--threads N] [--block TOKENS] [--each] [METRIC…]
//
// Reads and inflates the trace alone (a pass without metrics, tiles of all sites) and with the metrics (default: all
// that need only ids and are not on request), in turn, and prints medians, their ratio, and the largest memory. Beside
// them the rival: the ids read and inflated by H5Dread, as any program that uses the HDF5 library reads them.
// `--each`: every metric by itself as well.
#include "analysis/metrics/analyse.h"
#include "io/trace/trace_file.h"

#include <hdf5.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <time.h>

using namespace expertscope;

namespace {

/// Wall time, and CPU time of all threads, which other programs disturb less.
struct Seconds
{
    double wall = 0, cpu = 0;
};

Seconds now()
{
    timespec cpu{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    const auto wall = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::duration<double>(wall).count(), double(cpu.tv_sec) + 1e-9 * double(cpu.tv_nsec)};
}

Seconds seconds(BlockSource& source, const std::vector<MetricRequest>& metrics, const PassOptions& options)
{
    const Seconds start = now();
    if (metrics.empty()) {
        if (auto done = runPass(source, {{}, true}, [] { return AccumulatorSet(); }, options); !done)
            std::exit((std::fprintf(stderr, "%s\n", done.error().message().c_str()), 1));
    } else if (auto results = analyse(source, metrics, {}, options); !results) {
        std::exit((std::fprintf(stderr, "%s\n", results.error().message().c_str()), 1));
    }
    const Seconds end = now();
    return {end.wall - start.wall, end.cpu - start.cpu};
}

/// The rival: `/routing/expert_id` by H5Dread with its own filters, some chunks at a time.
Seconds secondsOfHdf5(const char* path)
{
    const Seconds start = now();
    const auto check = [path](hid_t id) {
        if (id < 0)
            std::exit((std::fprintf(stderr, "%s: HDF5 cannot read the ids\n", path), 1));
        return id;
    };
    const hid_t file = check(H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT));
    const hid_t ids = check(H5Dopen2(file, "/routing/expert_id", H5P_DEFAULT)), space = check(H5Dget_space(ids));
    hsize_t extent[3], at[3] = {};
    check(H5Sget_simple_extent_ndims(space) == 3 ? 0 : -1);
    H5Sget_simple_extent_dims(space, extent, nullptr);
    const hsize_t step = 16384; // tokens; whole chunks of ours
    std::vector<std::uint16_t> values(step * extent[1] * extent[2]);
    for (; at[0] < extent[0]; at[0] += step) {
        const hsize_t some[3] = {std::min(step, extent[0] - at[0]), extent[1], extent[2]};
        const hid_t memory = check(H5Screate_simple(3, some, nullptr));
        check(H5Sselect_hyperslab(space, H5S_SELECT_SET, at, nullptr, some, nullptr));
        check(H5Dread(ids, H5T_NATIVE_UINT16, memory, space, H5P_DEFAULT, values.data()));
        H5Sclose(memory);
    }
    H5Sclose(space);
    H5Dclose(ids);
    H5Fclose(file);
    const Seconds end = now();
    return {end.wall - start.wall, end.cpu - start.cpu};
}

Seconds median(const std::vector<Seconds>& values)
{
    const auto of = [&values](double Seconds::*part) {
        std::vector<double> sorted;
        for (const Seconds& value : values)
            sorted.push_back(value.*part);
        std::ranges::sort(sorted);
        return sorted[sorted.size() / 2];
    };
    return {of(&Seconds::wall), of(&Seconds::cpu)};
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
    std::vector<Seconds> rival, reading, all;
    std::vector<std::vector<Seconds>> alone(each ? metrics.size() : 0);
    for (int round = 0; round < rounds; ++round) {
        rival.push_back(secondsOfHdf5(argv[1]));
        reading.push_back(seconds(**trace, {}, options));
        all.push_back(seconds(**trace, metrics, options));
        for (std::size_t i = 0; i < alone.size(); ++i)
            alone[i].push_back(seconds(**trace, {metrics[i]}, options));
    }
    std::printf("%llu tokens x %zu sites; %d rounds, medians\n", static_cast<unsigned long long>(shape.numTokens),
        shape.sites.size(), rounds);
    std::printf("%-26s %9s %9s %22s %10s %10s\n", "", "s", "CPU s", "CPU ns/(token, site)", "x reading", "CPU x");
    const Seconds read = median(reading);
    const auto print = [&](const std::string& name, const Seconds& time) {
        std::printf("%-26s %9.3f %9.3f %22.1f %10.2f %10.2f\n", name.c_str(), time.wall, time.cpu,
            time.cpu * 1e9 / pairs, time.wall / read.wall, time.cpu / read.cpu);
    };
    print("H5Dread alone", median(rival));
    print("reading and inflating", read);
    print("all " + std::to_string(metrics.size()) + " metrics together", median(all));
    for (std::size_t i = 0; i < alone.size(); ++i)
        print(metrics[i].name, median(alone[i]));
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("largest memory %.0f MiB\n", double(usage.ru_maxrss) / 1024);
}
