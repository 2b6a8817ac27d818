// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/profile/profile_rows.h"

#include "analysis/spine/per_site.h"

#include <string_view>

namespace expertscope {

namespace {

class Rows
{
public:
    explicit Rows(const ExpertProfile& profile)
        : m_profile(profile)
    {
    }

    ResultRow& add(const char* metric, double value, std::uint64_t n, const char* unit = "1")
    {
        ResultRow row;
        row.metric = metric;
        row.value = value;
        row.n = n;
        row.unit = unit;
        return add(std::move(row));
    }
    ResultRow& undefined(const char* metric, const std::string& reason) { return add(undefinedRow(metric, reason)); }

    Results take() { return std::move(m_results); }

private:
    ResultRow& add(ResultRow row)
    {
        row.site = m_profile.expert.site;
        row.expert = m_profile.expert.expert;
        m_results.rows.push_back(std::move(row));
        return m_results.rows.back();
    }

    const ExpertProfile& m_profile;
    Results m_results;
};

void addLoad(const ExpertProfile& p, Rows& rows)
{
    const double uniform = 1.0 / p.numExperts;
    if (p.choices == 0)
        rows.undefined("expert.share", kNoTokens);
    else {
        rows.add("expert.count", double(p.chosen), p.tokens, "choices").uniform = double(p.choices) * uniform;
        rows.add("expert.share", p.share(), p.tokens).uniform = uniform;
        rows.add("expert.relative", p.relative(), p.tokens).uniform = 1;
        rows.add("expert.rank", p.rank, p.numExperts, "rank");
        rows.add("expert.rate", p.rate(), p.tokens).uniform = double(p.choices) / double(p.tokens) * uniform;
        rows.add("expert.sequences", double(p.chosenSequences), p.sequences, "sequences");
    }
    for (std::size_t r = 0; r < p.bySlot.size() && p.chosen > 0; ++r)
        rows.add("expert.slot_share", double(p.bySlot[r]) / double(p.chosen), p.chosen).other["slot"] = std::to_string(r + 1);
}

void addScores(const ExpertProfile& p, Rows& rows)
{
    const auto mean = [&](const char* metric, const std::optional<MeanOf>& of, const char* unit, const char* tokens) {
        if (of)
            rows.add(metric, of->mean, of->n, unit).other["of"] = tokens;
    };
    mean("expert.weight", p.weight, "1", "its tokens");
    mean("expert.entropy", p.entropy, "nats", "its tokens");
    mean("expert.entropy", p.entropyOfAll, "nats", "all tokens");
    mean("expert.margin", p.margin, "score", "its tokens");
    mean("expert.margin", p.marginOfAll, "score", "all tokens");
    for (const auto& [loss, tokens] : {std::pair(&p.loss, "its tokens"), std::pair(&p.lossOfAll, "all tokens")}) {
        if (!*loss || (*loss)->n == 0)
            continue;
        ResultRow& row = rows.add("expert.loss", (*loss)->mean, (*loss)->n, "nats");
        row.other["of"] = tokens;
        row.interval = (*loss)->interval;
    }
}

void addTokens(const ExpertProfile& p, Rows& rows)
{
    for (const TokenLift& lift : p.tokenLifts) {
        const auto add = [&](const char* metric, double value, std::optional<double> uniform) {
            ResultRow& row = rows.add(metric, value, lift.occurrences);
            row.other = {{"token_id", std::to_string(lift.id)}};
            if (!lift.bytes.empty())
                row.other["text"] = shownText(lift.bytes);
            row.uniform = uniform;
        };
        add("expert.token_lift", lift.lift, 1);
        add("expert.token_count", double(lift.chosen), double(lift.occurrences) * p.rate());
        add("expert.token_z", lift.z, 0);
    }
}

void addContexts(const ExpertProfile& p, Rows& rows)
{
    for (const ContextsAt& at : p.contexts) {
        for (const TokenContext& context : at.contexts) {
            ResultRow& row = context.weight ? rows.add("expert.context", *context.weight, 1)
                                            : rows.undefined("expert.context", "weights are not recorded");
            row.params["quantile"] = at.quantile;
            row.other = {{"token", std::to_string(context.token.value)}, {"sequence", std::to_string(context.sequence.value)},
                {"position", std::to_string(context.position)}, {"slot", std::to_string(context.rank)}};
            if (!context.piece.empty()) {
                row.other["before"] = shownText(context.before);
                row.other["text"] = shownText(context.piece);
                row.other["after"] = shownText(context.after);
            }
        }
    }
}

void addLabels(const ExpertProfile& p, Rows& rows)
{
    for (const LabelShare& share : p.labels) {
        const auto labelled = [&](ResultRow& row) { row.label = {share.label, share.value}; };
        if (!share.lift) {
            labelled(rows.undefined("expert.label_share", "no token chose it"));
            continue;
        }
        ResultRow& of = rows.add("expert.label_share", share.share, share.of);
        of.uniform = share.shareOfAll;
        labelled(of);
        ResultRow& lift = rows.add("expert.label_lift", *share.lift, share.of);
        lift.uniform = 1;
        labelled(lift);
        if (share.z)
            labelled(rows.add("expert.label_z", *share.z, share.of));
        else
            labelled(rows.undefined("expert.label_z", "fewer than two sequences with it, or without it"));
    }
}

void addPositions(const ExpertProfile& p, Rows& rows)
{
    for (const PositionShare& share : p.positions) {
        ResultRow& row = rows.add("expert.position_lift", share.lift, share.tokens);
        row.uniform = 1;
        row.other["position"] = share.end - share.begin == 1
            ? std::to_string(share.begin)
            : std::to_string(share.begin) + '-' + std::to_string(share.end - 1);
    }
}

void addLifts(const ExpertLifts& lifts, const std::string_view where, Rows& rows)
{
    for (const ExpertLift& lift : lifts.experts) {
        const auto add = [&](const char* metric, double value, std::optional<double> uniform) {
            ResultRow& row = rows.add(metric, value, lift.of);
            row.other = {{"where", std::string(where)}, {"with_site", std::to_string(lift.expert.site.value)},
                {"with", std::to_string(lift.expert.expert.value)}};
            row.uniform = uniform;
        };
        add("expert.with_lift", lift.lift, lifts.uniform);
        add("expert.with_share", lift.share, {});
        add("expert.with_count", double(lift.together), {});
    }
}

void addLife(const ExpertProfile& p, Rows& rows)
{
    for (const ExpertInTrace& at : p.life) {
        if (!at.rank) {
            rows.undefined("expert.life_share", at.undefined).other["trace"] = at.trace;
            continue;
        }
        ResultRow& share = rows.add("expert.life_share", at.choices ? double(at.chosen) / double(at.choices) : 0, at.choices);
        share.other["trace"] = at.trace;
        share.uniform = 1.0 / p.numExperts;
        rows.add("expert.life_rank", *at.rank, p.numExperts, "rank").other["trace"] = at.trace;
    }
}

}

Results rowsOf(const ExpertProfile& profile)
{
    Rows rows(profile);
    addLoad(profile, rows);
    addScores(profile, rows);
    addTokens(profile, rows);
    addContexts(profile, rows);
    addLabels(profile, rows);
    addPositions(profile, rows);
    addLifts(profile.neighbours, "same layer", rows);
    addLifts(profile.predecessors, "before", rows);
    addLifts(profile.successors, "after", rows);
    addLife(profile, rows);
    return rows.take();
}

}
