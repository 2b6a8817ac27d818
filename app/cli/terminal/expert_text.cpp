// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/expert_text.h"

#include "app/cli/terminal/table.h"
#include "io/base/grouped.h"
#include "io/base/text.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

using Align = TextTable::Align;

/// Three significant digits.
std::string number(double value)
{
    if (value == 0 || !std::isfinite(value))
        return value == 0 ? "0" : "-";
    const int decimals = std::clamp(2 - int(std::floor(std::log10(std::abs(value) * (1 + 1e-12)))), 0, 6);
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    return text;
}

std::string percent(double share)
{
    return number(100 * share) + " %";
}

std::string percent(std::uint64_t some, std::uint64_t all)
{
    return all ? percent(double(some) / double(all)) : "-";
}

std::string of(std::uint64_t some, std::uint64_t all)
{
    return grouped(some) + " of " + grouped(all);
}

/// Bytes as a terminal may have them.
std::string shown(const std::string& bytes)
{
    return printable(shownText(bytes));
}

class ExpertText
{
public:
    ExpertText(const ExpertProfile& profile, const RoutingShape& shape, const ExpertQuestion& question, const Page& page)
        : m_profile(profile)
        , m_shape(shape)
        , m_question(question)
        , m_page(page)
    {
    }

    std::string text()
    {
        tellLoad();
        if (m_profile.chosen > 0) {
            tellScores();
            tellTokens();
            tellContexts();
            tellLabels();
            tellPositions();
            tellLifts("Chosen together with", m_profile.neighbours);
            tellLifts("Before it", m_profile.predecessors);
            tellLifts("After it", m_profile.successors);
        }
        tellLife();
        return std::move(m_text);
    }

private:
    void line(const std::string& text) { m_text += wrapped("  " + text, m_page.width, 4); }
    void heading(const std::string& title, const std::string& note)
    {
        m_text += '\n' + wrapped(m_page.emphasis.strong(title) + (note.empty() ? "" : ": " + note), m_page.width, 2);
    }
    void table(const TextTable& table) { m_text += table.toString(m_page.width); }
    std::string layer(SiteIndex site) const { return "layer " + std::to_string(m_shape.sites[std::size_t(site)].layer); }

    void tellLoad()
    {
        const ExpertProfile& p = m_profile;
        m_text += '\n'
            + m_page.emphasis.strong("Layer " + std::to_string(m_shape.sites[std::size_t(p.expert.site)].layer) + ", expert "
                + std::to_string(p.expert.expert.value))
            + '\n';
        if (p.choices == 0)
            return line("No token has a choice here.");
        line("share     " + percent(p.share()) + " of the choices (uniform " + percent(1.0 / p.numExperts) + "), "
            + number(p.relative()) + " x uniform, rank " + std::to_string(p.rank) + " of " + std::to_string(p.numExperts));
        line("tokens    " + of(p.chosen, p.tokens) + " (" + percent(p.rate()) + "), sequences "
            + of(p.chosenSequences, p.sequences));
        if (p.chosen == 0)
            line("No token chose it: there is nothing more to tell.");
    }

    void tellScores()
    {
        const ExpertProfile& p = m_profile;
        std::string slots;
        for (std::size_t r = 0; r < p.bySlot.size() && r < 8; ++r)
            addPart(slots, std::to_string(r + 1) + ": " + percent(p.bySlot[r], p.chosen));
        if (p.bySlot.size() > 1)
            line("chosen as " + slots);
        const auto mean = [&](const char* name, const auto& some, const auto& all, const char* unit) {
            if (some && all)
                line(name + number(some->mean) + unit + " (all tokens " + number(all->mean) + ')');
        };
        if (p.weight)
            line("weight    " + number(p.weight->mean));
        mean("entropy   ", p.entropy, p.entropyOfAll, " nats");
        mean("margin    ", p.margin, p.marginOfAll, "");
        if (p.loss && p.loss->n > 0)
            line("loss      " + number(p.loss->mean)
                + (p.loss->interval ? " [" + number(p.loss->interval->first) + ", " + number(p.loss->interval->second) + ']' : "")
                + " nats (all tokens " + number(p.lossOfAll->mean) + "; in square brackets 95 % over sequences)");
    }

    void tellTokens()
    {
        const ExpertProfile& p = m_profile;
        if (!p.tokenIds)
            return heading("Top tokens", "token ids are not recorded");
        const std::string judged = grouped(p.judgedIds) + " tokens that occur at least " + grouped(m_question.least) + " times";
        if (p.tokenLifts.empty())
            return heading("Top tokens", "none of the " + judged + " is above chance");
        heading("Top tokens", "the " + grouped(p.tokenLifts.size()) + " of largest lift of " + grouped(p.idsAbove)
                + " above chance, among the " + judged + "; z: standard deviations above independent tokens");
        TextTable rows;
        rows.addColumn("token", Align::Left, true);
        rows.addColumn("lift", Align::Right);
        rows.addColumn("chose it", Align::Right);
        rows.addColumn("of", Align::Right);
        rows.addColumn("z", Align::Right);
        for (const TokenLift& lift : p.tokenLifts)
            rows.addRow({lift.bytes.empty() ? numberOf(lift.id) : '"' + shown(lift.bytes) + '"', number(lift.lift),
                grouped(lift.chosen), grouped(lift.occurrences), number(lift.z)});
        table(rows);
    }

    void tellContexts()
    {
        if (m_profile.contexts.empty())
            return;
        const std::string sample = m_profile.contextsOneIn > 1
            ? "; out of one in " + grouped(m_profile.contextsOneIn) + " of its tokens"
            : std::string();
        heading("Contexts",
            (m_profile.byWeight ? "its tokens at quantiles of the weight that they give it"
                                : "weights are not recorded: places spread over the trace")
                + sample);
        for (const ContextsAt& at : m_profile.contexts) {
            for (const TokenContext& context : at.contexts) {
                std::string head = m_profile.byWeight ? format("%3.0f %%", 100 * at.quantile) : "";
                if (context.weight)
                    addPart(head, number(*context.weight), "  ");
                const std::string& name = m_shape.sequences[std::size_t(context.sequence)].name;
                addPart(head, (name.empty() ? "sequence " + std::to_string(context.sequence.value) : printable(name)) + ':'
                        + std::to_string(context.position),
                    "  ");
                const std::string piece = context.piece.empty() ? "token " + std::to_string(context.token.value) : shown(context.piece);
                line(head + "  " + shown(context.before) + "[" + m_page.emphasis.strong(piece) + "]" + shown(context.after));
            }
        }
    }

    void tellLabels()
    {
        for (const Label& label : m_shape.labels) {
            std::vector<const LabelShare*> shares = sharesByLift(m_profile.labels, label.name);
            const std::size_t all = shares.size();
            shares.resize(std::min(all, m_question.most));
            heading("Label " + printable(label.name),
                std::string("share of its tokens against all tokens; z: of the rates with and without, over sequences")
                    + (all > shares.size() ? "; the largest of " + grouped(all) : ""));
            TextTable rows;
            rows.addColumn(printable(label.name), Align::Left, true);
            for (const char* column : {"its tokens", "all", "lift", "z"})
                rows.addColumn(column, Align::Right);
            for (const LabelShare* share : shares)
                rows.addRow({printable(share->value), percent(share->share), percent(share->shareOfAll),
                    share->lift ? number(*share->lift) : "-", share->z ? number(*share->z) : "-"});
            table(rows);
        }
    }

    void tellPositions()
    {
        heading("Position", "in the sequence, from 0; rate there over that of all tokens");
        TextTable rows;
        rows.addColumn("position", Align::Right, true);
        rows.addColumn("lift", Align::Right);
        rows.addColumn("chose it", Align::Right);
        rows.addColumn("of", Align::Right);
        for (const PositionShare& share : m_profile.positions)
            rows.addRow({share.end - share.begin == 1 ? std::to_string(share.begin)
                                                      : std::to_string(share.begin) + "-" + std::to_string(share.end - 1),
                number(share.lift), grouped(share.chosen), grouped(share.tokens)});
        table(rows);
    }

    void tellLifts(const std::string& title, const ExpertLifts& lifts)
    {
        if (!lifts.site)
            return;
        const bool same = lifts.site == m_profile.expert.site;
        const std::string head = same ? title : title + ", " + layer(*lifts.site);
        if (lifts.experts.empty())
            return heading(head, "no expert with at least " + grouped(m_question.least) + " tokens");
        std::string note = lifts.experts.size() < lifts.listed
            ? "the first " + grouped(lifts.experts.size()) + " of " + grouped(lifts.listed)
            : std::string();
        if (same && lifts.uniform)
            addPart(note, "uniform lift " + number(*lifts.uniform), "; ");
        heading(head, note);
        TextTable rows;
        rows.addColumn("expert", Align::Right, true);
        rows.addColumn("lift", Align::Right);
        rows.addColumn("share", Align::Right);
        rows.addColumn("both", Align::Right);
        rows.addColumn("of", Align::Right);
        for (const ExpertLift& lift : lifts.experts)
            rows.addRow({std::to_string(lift.expert.expert.value), number(lift.lift), percent(lift.share), grouped(lift.together),
                grouped(lift.of)});
        table(rows);
    }

    void tellLife()
    {
        if (m_profile.life.empty())
            return;
        heading("Over the series", {});
        TextTable rows;
        rows.addColumn("trace", Align::Left, true);
        rows.addColumn("share", Align::Right);
        rows.addColumn("rank", Align::Right);
        std::string undefined;
        for (const ExpertInTrace& at : m_profile.life) {
            rows.addRow({printable(at.trace), at.rank ? percent(at.chosen, at.choices) : "-", at.rank ? std::to_string(*at.rank) : "-"});
            if (!at.rank)
                undefined += wrapped("  " + printable(at.trace) + ": " + at.undefined, m_page.width, 4);
        }
        table(rows);
        m_text += undefined;
    }

    const ExpertProfile& m_profile;
    const RoutingShape& m_shape;
    const ExpertQuestion& m_question;
    const Page& m_page;
    std::string m_text;
};

}

std::string expertText(
    const ExpertProfile& profile, const RoutingShape& shape, const ExpertQuestion& question, const Page& page)
{
    return ExpertText(profile, shape, question, page).text();
}

}
