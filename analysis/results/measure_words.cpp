// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/measure_words.h"

#include <map>

namespace expertscope::results {

namespace {

const std::map<std::string, const char*>& words()
{
    static const std::map<std::string, const char*> words{
        {"load.count", "takes {} x its share of the tokens"},
        {"balance.max_vio", "the busiest expert's load over the mean, less 1, is {}"},
        {"balance.max_vio_sequence", "within single sequences the busiest's load over the mean, less 1, is {}"},
        {"balance.dead", "experts that are never chosen: {}"},
        {"drop.ratio", "capacity factor {cf} would drop {} of the choices"},
        {"repetition.first", "{} of the tokens repeat the first choice of the one before"},
        {"repetition.overlap", "a token shares {} of its experts with the one before"},
        {"srp.value", "one choice for {m} tokens fits them with an F1 of {}"},
        {"sch.hit_rate", "a cache of {rho} k experts that looks {m} tokens ahead hits {}"},
        {"sch_cover.hit_rate", "the {rho} k commonest experts of {m} tokens cover {}"},
        {"sequence_cache.lru", "an LRU cache of {rho} k experts hits {}"},
        {"sequence_cache.belady", "the best cache of {rho} k experts hits {}"},
        {"lifetime.run", "a chosen expert stays for {} tokens"},
        {"lifetime.lru", "an expert stays in an LRU cache of {rho} k for {} tokens"},
        {"distinct.experts", "{window} tokens choose {} different experts"},
        {"hot_set.touched", "{window} tokens touch {} of the experts"},
        {"locality.same_token", "a token shares {} of its experts with the last token of its id (Jaccard)"},
        {"locality.difference", "of the experts, {} more are shared with the same token than with another (Jaccard)"},
        {"coactivation.max", "{} of its tokens choose expert {with} too"},
        {"affinity.top1_row_max", "a token's first choice tells that of the next for {}"},
        {"flow.excess", "{} of the pairs of choices at two sites is more than chance makes"},
        {"path.effective", "tokens spread over {} paths through {length} layers"},
        {"path.top_share", "{} of the tokens take the {top} commonest paths through {length} layers"},
        {"cofire.max_lift", "it is chosen with expert {with} {} times as often as their loads explain"},
        {"mutual_information.top1", "the first choices share {} nats of information"},
        {"fan_out.gpus", "a token's experts lie on {} of {gpus} GPUs"},
        {"fan_out.top1_hops", "the first choice moves between {gpus} GPUs {} times a token"},
        {"predict.recall", "predictor {predictor} names {} of a token's experts"},
        {"specialisation.share", "{} of the tokens choose it"},
        {"specialisation.jsd", "the values differ by {} nats (Jensen-Shannon)"},
        {"divergence_ids.jsd", "parallel texts differ by {} nats (Jensen-Shannon)"},
        {"domain_cv.value", "its use varies by {} of the mean between the values"},
        {"vocabulary.specialisation", "the {ids} token's id tells an expert for {} of its tokens"},
        {"lexical.excess", "its token ids differ from all by {} bits more than chance (Jensen-Shannon)"},
        {"spread.token_id", "the experts' shares for one token id have an SD of {}"},
        {"spread.position", "the experts' shares at one position have an SD of {}"},
        {"risk_difference.max_abs", "an expert's rate differs by {} from that of the {reference}"},
        {"batched_difference.value", "its rate differs by {} from that of the other values, batch by batch"},
        {"saturation.top_k", "{} of the final choices are made already"},
        {"saturation.top_1", "{} of the final first choices are made already"},
        {"flip_rate.top_1", "{} of the tokens change their first choice"},
        {"mismatch.sets", "{} of the tokens have another set of experts"},
        {"mismatch.tokens", "{} of the tokens have another set of experts at some layer"},
        {"replay.replaced", "the final trace scores {} of the choices below {ratio} of its weakest"},
    };
    return words;
}

}

bool hasWords(const std::string& metric)
{
    return words().contains(metric);
}

std::string wordsOf(const std::string& metric)
{
    const auto found = words().find(metric);
    return found == words().end() ? metric + " is {}" : found->second;
}

}
