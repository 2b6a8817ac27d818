// SPDX-License-Identifier: GPL-3.0-or-later
//
// A trace file whose texts and numbers a test knows: what views of the text show is held against these.
#pragma once

#include "io/trace/trace_writer.h"
#include "tests/support/memory_trace.h"
#include "views/session/questions.h"

#include <map>

namespace expertscope::testing {

/// Everything of the file in memory. [site][token ...] as in RoutingShape.
struct TokenTrace
{
    std::vector<std::vector<std::string>> texts; ///< [sequence][token] bytes
    std::vector<std::map<std::string, std::string>> labels; ///< [sequence]
    std::uint16_t sites = 4, experts = 16, k = 3;
    Columns columns{.weights = true, .entropy = true, .margin = true, .logits = true, .tokenIds = true};
    bool loss = true, withTexts = true;

    // Filled by write().
    std::vector<std::string> bytes; ///< [token]
    std::vector<std::int32_t> ids; ///< [token]
    std::vector<std::uint64_t> begins; ///< [sequences + 1]
    std::vector<std::vector<std::uint16_t>> chosen; ///< [site][token * k]
    std::vector<std::vector<float>> weights, entropy, margin, logits;
    std::vector<float> losses;

    std::uint64_t size() const { return bytes.size(); }
    std::uint16_t expert(std::size_t site, std::size_t token, std::size_t slot) const
    {
        return chosen[site][token * k + slot];
    }
    bool chooses(std::size_t site, std::size_t token, std::uint16_t e) const
    {
        for (std::size_t slot = 0; slot < k; ++slot) {
            if (expert(site, token, slot) == e)
                return true;
        }
        return false;
    }

    Expected<void> write(const std::filesystem::path& path);
    Expected<StudyPtr> open(const std::filesystem::path& path)
    {
        ES_TRY(write(path));
        return Study::open({path});
    }
};

inline Expected<void> TokenTrace::write(const std::filesystem::path& path)
{
    TracePlan plan;
    plan.sites.resize(sites);
    for (std::uint16_t s = 0; s < sites; ++s) {
        plan.sites[s].layer = std::uint16_t(s + 1);
        plan.sites[s].numExperts = experts;
        plan.sites[s].topK = k;
    }
    std::map<std::string, std::int32_t> known;
    begins = {0};
    for (std::size_t s = 0; s < texts.size(); ++s) {
        PlannedSequence planned;
        planned.name = "doc" + std::to_string(s);
        planned.source = "prompts.txt:" + std::to_string(s + 1);
        if (s < labels.size())
            planned.labels = labels[s];
        for (const std::string& piece : texts[s]) {
            const auto id = known.emplace(piece, std::int32_t(known.size()) + 5).first->second;
            planned.tokenIds.push_back(id);
            bytes.push_back(piece);
            ids.push_back(id);
            if (withTexts)
                plan.vocabulary[id] = piece;
        }
        begins.push_back(begins.back() + texts[s].size());
        plan.sequences.push_back(std::move(planned));
    }
    plan.columns = columns;
    plan.columns.loss = loss;
    plan.provenance.modelId = "models/tiny-moe";
    ES_ASSIGN(auto writer, TraceWriter::create(path, plan));
    const std::size_t n = bytes.size();
    for (std::size_t t = 0; t < n; ++t)
        losses.push_back(float(mix(t + 77) % 10000) / 1000);
    for (std::uint16_t site = 0; site < sites; ++site) {
        chosen.emplace_back();
        weights.emplace_back();
        entropy.emplace_back();
        margin.emplace_back();
        logits.emplace_back();
        for (std::size_t t = 0; t < n; ++t) {
            std::vector<float> scores(experts);
            for (std::uint16_t e = 0; e < experts; ++e)
                scores[e] = float(mix((std::uint64_t(site) * n + t) * experts + e) % 100000) / 10000;
            std::vector<std::uint16_t> order(experts);
            std::iota(order.begin(), order.end(), std::uint16_t(0));
            std::ranges::stable_sort(order, std::greater(), [&](std::uint16_t e) { return scores[e]; });
            for (std::size_t slot = 0; slot < k; ++slot) {
                chosen[site].push_back(order[slot]);
                weights[site].push_back(scores[order[slot]] / 30);
            }
            entropy[site].push_back(float(mix(site * 1000003u + t) % 3000) / 1000);
            margin[site].push_back(scores[order[k - 1u]] - scores[order[k]]);
            logits[site].insert(logits[site].end(), scores.begin(), scores.end());
        }
        RoutingSlab slab;
        slab.firstSite = SiteIndex(site);
        slab.numSites = 1;
        slab.numTokens = std::uint32_t(n);
        slab.expertIds = chosen[site];
        if (columns.weights)
            slab.weights = weights[site];
        if (columns.entropy)
            slab.entropy = entropy[site];
        if (columns.margin)
            slab.margin = margin[site];
        if (columns.logits)
            slab.logits = logits[site];
        if (loss && site == 0)
            slab.loss = losses;
        ES_TRY(writer->append(slab));
    }
    return writer->finish(true);
}

/// Words and punctuation, with blanks in front as tokenizers have them, line breaks, a special token at the end.
inline std::vector<std::string> someWords(std::size_t count, std::uint64_t seed)
{
    static const std::vector<std::vector<std::string>> runs{{" the", " router"},
        {" sends", " each", " tok", "en", " to"}, {" a", " few", " exp", "erts", "."}, {","}, {"\n"},
        {" Über", "set", "zung"}, {" 12", "34"}, {" \xe8\xaa", "\x9e"}, {" \xe8\xaa"}, {"\x9e"}, {"\t", "  ", " fox"},
        {" tok", "en"}, {" to"}, {"12", " the"}};
    std::vector<std::string> text;
    for (std::size_t i = 0; text.size() + 1 < count; ++i) {
        for (const std::string& piece : runs[mix(seed * 1000003u + i) % runs.size()])
            text.push_back(piece);
    }
    text.resize(count - 1);
    text.push_back("<|endoftext|>");
    return text;
}

/// Five sequences of 40 to 900 words, labelled language = de, en, de, en, fr.
inline TokenTrace wordTrace()
{
    TokenTrace trace;
    const char* languages[] = {"de", "en", "de", "en", "fr"};
    const std::size_t lengths[] = {300, 40, 900, 120, 500};
    for (std::size_t s = 0; s < 5; ++s) {
        trace.texts.push_back(someWords(lengths[s], s + 1));
        trace.labels.push_back({{"language", languages[s]}});
    }
    return trace;
}

}
