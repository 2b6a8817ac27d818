// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a trace costs: bytes a token and site by chunk length, level and significant bits (the numbers behind
// resources/docs/trace-format.md), and the speed of writer and reader. Run: build/<preset>/bench/bench_trace [TOKENS]
#include "io/trace/chunk_codec.h"
#include "io/trace/trace_schema.h"
#include "tests/io/trace/trace_fixture.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <time.h>

using namespace expertscope;
using namespace expertscope::fixture;

namespace {

double seconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// What the calling thread used: for what runs on it alone, true also on a busy machine.
double threadSeconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

/// Routing as real models show it: logits that mostly depend on the token (Zipf-distributed), partly on a slowly
/// changing context, partly on nothing; k largest of a softmax.
Reference realistic(std::uint64_t tokens, std::size_t sites, int experts, int k)
{
    Reference r = make({.tokens = 16, .sites = std::vector<std::pair<int, int>>(sites, {experts, k})});
    r.T = tokens;
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    constexpr std::size_t kVocabulary = 4000;
    std::vector<double> zipf(kVocabulary);
    for (std::size_t i = 0; i < kVocabulary; ++i)
        zipf[i] = 1.0 / double(i + 3);
    std::discrete_distribution<int> words(zipf.begin(), zipf.end());
    std::vector<float> byToken(kVocabulary * sites * std::size_t(experts));
    for (auto& v : byToken)
        v = 1.2f * normal(random);
    std::vector<float> context(sites * std::size_t(experts));
    const auto E = std::size_t(experts), K = std::size_t(k);
    r.plan.sequences = {PlannedSequence{.name = "one", .source = "", .labels = {}, .tokenIds = {}, .promptLength = 0}};
    auto& ids = r.plan.sequences[0].tokenIds;
    r.ids.resize(tokens * sites * K);
    r.weights.resize(r.ids.size());
    r.entropy.resize(tokens * sites);
    r.margin.resize(tokens * sites);
    std::vector<float> score(E);
    std::vector<std::uint16_t> order(E);
    for (std::uint64_t t = 0; t < tokens; ++t) {
        const int word = words(random);
        ids.push_back(word);
        for (std::size_t m = 0; m < sites; ++m) {
            double sum = 0, entropy = 0;
            for (std::size_t e = 0; e < E; ++e) {
                auto& c = context[m * E + e];
                c = 0.97f * c + 0.1f * normal(random);
                score[e] =
                    std::exp(byToken[(std::size_t(word) * sites + m) * E + e] + 1.5f * c + 0.4f * normal(random));
                sum += score[e];
            }
            for (auto& s : score) {
                s = float(s / sum);
                entropy -= s * std::log(s);
            }
            std::iota(order.begin(), order.end(), std::uint16_t(0));
            std::partial_sort(order.begin(), order.begin() + long(K + 1), order.end(),
                [&](auto a, auto b) { return score[a] > score[b]; });
            const auto cell = t * sites + m;
            for (std::size_t j = 0; j < K; ++j) {
                r.ids[cell * K + j] = order[j];
                r.weights[cell * K + j] = score[order[j]];
            }
            r.entropy[cell] = float(entropy);
            r.margin[cell] = score[order[K - 1]] - score[order[K]];
        }
    }
    return r;
}

/// Packs one column site by site; prints bytes a (token, site) and MB/s of raw data, both ways.
template <class T>
void pack(const char* name, const Reference& r, const std::vector<T>& values, std::size_t width, std::size_t length,
    int level)
{
    std::size_t bytes = 0, raw = 0;
    double packing = 0, unpacking = 0;
    std::vector<T> chunk(length * width), back(chunk.size());
    std::vector<std::byte> packed;
    for (std::size_t m = 0; m < r.M; ++m) {
        for (std::uint64_t first = 0; first + length <= r.T; first += length) {
            for (std::size_t t = 0; t < length; ++t)
                std::copy_n(
                    values.begin() + long(((first + t) * r.M + m) * width), width, chunk.begin() + long(t * width));
            auto start = threadSeconds();
            packChunk(std::as_bytes(std::span(chunk)), sizeof(T), level, packed);
            packing += threadSeconds() - start;
            start = threadSeconds();
            if (!unpackChunk(packed, true, true, sizeof(T), std::as_writable_bytes(std::span(back))))
                std::abort();
            unpacking += threadSeconds() - start;
            bytes += packed.size();
            raw += chunk.size() * sizeof(T);
        }
    }
    std::printf("%-22s chunk %6zu level %2d: %7.3f bytes (raw %zu), pack %6.1f MB/s, unpack %6.1f MB/s\n", name, length,
        level, double(bytes) / (double(raw) / double(width * sizeof(T))), width * sizeof(T),
        double(raw) / 1e6 / packing, double(raw) / 1e6 / unpacking);
}

std::vector<float> rounded(std::vector<float> values, int bits)
{
    roundSignificant(values, bits);
    return values;
}

}

int main(int argc, char** argv)
{
    const auto tokens = std::uint64_t(argc > 1 ? std::atoi(argv[1]) : 65536);
    const auto r = realistic(tokens, 4, 64, 8);
    std::printf("%llu tokens, 4 sites, top 8 of 64; bytes a token and site\n", static_cast<unsigned long long>(tokens));
    for (const std::size_t length : {1024, 4096, 16384})
        pack("expert_id", r, r.ids, 8, length, 1);
    for (const int level : {2, 4, 6, 9})
        pack("expert_id", r, r.ids, 8, 4096, level);
    for (const int bits : {24, 20, 18, 17, 16, 12, 8})
        pack(("weight, " + std::to_string(bits) + " bits").c_str(), r, rounded(r.weights, bits), 8, 4096, 1);
    for (const int level : {4, 6})
        pack(("weight, " + std::to_string(kSignificantBits) + " bits").c_str(), r, rounded(r.weights, kSignificantBits),
            8, 4096, level);
    for (const int bits : {24, kSignificantBits, 12}) {
        pack(("entropy, " + std::to_string(bits) + " bits").c_str(), r, rounded(r.entropy, bits), 1, 4096, 1);
        pack(("margin, " + std::to_string(bits) + " bits").c_str(), r, rounded(r.margin, bits), 1, 4096, 1);
    }
    const auto smallest = *std::min_element(r.margin.begin(), r.margin.end());
    const auto tiny = std::count_if(r.margin.begin(), r.margin.end(), [](float v) { return v < 6.1e-5f; });
    std::printf("margin: smallest %g, %.3f %% below f16's smallest normal number\n", double(smallest),
        100.0 * double(tiny) / double(r.margin.size()));

    const auto file =
        std::filesystem::temp_directory_path() / ("bench_trace_" + std::to_string(std::random_device()()) + ".h5");
    const double rawBytes = double(r.ids.size() * 2 + (r.weights.size() + r.entropy.size() + r.margin.size()) * 4);
    auto start = seconds();
    auto writer = TraceWriter::create(file, r.plan);
    if (!writer || !feedTokenMajor(**writer, r, 2048))
        return 1;
    const auto queued = seconds() - start;
    if (!(*writer)->finish(true))
        return 1;
    const auto written = seconds() - start;
    const auto size = double(std::filesystem::file_size(file));
    std::printf("writer: %.1f MB/s of raw routing, %.0f (token, site)/s, file closed (append returned after %.0f %%); "
                "file %.2f bytes a token and site\n",
        rawBytes / 1e6 / written, double(r.T * r.M) / written, 100 * queued / written, size / double(r.T * r.M));
    start = threadSeconds();
    auto trace = TraceFile::open(file);
    if (!trace)
        return 1;
    std::printf("open: %.2f ms; ", 1e3 * (threadSeconds() - start));
    start = threadSeconds();
    (void)TraceFile::summary(file);
    std::printf("summary: %.2f ms\n", 1e3 * (threadSeconds() - start));
    BlockBuffer buffer;
    for (const std::uint64_t step : {500, 4096, 16384}) {
        start = threadSeconds();
        for (std::uint16_t m = 0; m < r.M; ++m) {
            for (std::uint64_t t = 0; t < r.T; t += step) {
                if (!(*trace)->read(
                        SiteIndex(m), {TokenIndex(t), TokenIndex(std::min(t + step, r.T))}, r.plan.columns, buffer))
                    return 1;
            }
        }
        std::printf("reader, blocks of %5llu: %.1f MB/s, %.1f million (token, site)/s, one thread\n",
            static_cast<unsigned long long>(step), rawBytes / 1e6 / (threadSeconds() - start),
            double(r.T * r.M) / 1e6 / (threadSeconds() - start));
    }
    std::filesystem::remove(file);
    return 0;
}
