// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/expert_card.h"

#include "analysis/study/condition.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

using Column = CardWriter::Column;

QString text(const std::string& bytes)
{
    return QString::fromStdString(shownText(bytes));
}

QString times(double lift)
{
    return numberText(lift) + QStringLiteral(" ×");
}

/// "The first 10 of 230 ", "All 7 ".
QString firstOf(std::size_t some, std::size_t all)
{
    return some < all ? QString("The first %1 of %2 ").arg(some).arg(countText(all)) : QString("All %1 ").arg(countText(all));
}

QString expertName(const RoutingShape& shape, ExpertAt at)
{
    return siteText(shape, at.site) + QString(" · expert %1").arg(at.expert.value);
}

class ExpertCard
{
public:
    ExpertCard(const ExpertProfile& profile, const RoutingShape& shape, const ExpertQuestion& question)
        : m_profile(profile)
        , m_shape(shape)
        , m_question(question)
    {
    }

    Card card()
    {
        writeFacts();
        if (m_profile.chosen > 0) {
            writeTokens();
            writeContexts();
            writeLabels();
            writePositions();
            writeLifts("Chosen together with", "Experts of the same layer that its tokens chose too", m_profile.neighbours);
            writeLifts("Before it", "Experts of the layer before that its tokens chose", m_profile.predecessors);
            writeLifts("After it", "Experts of the layer behind that its tokens chose", m_profile.successors);
        }
        writeLife();
        return m_out.card();
    }

private:
    QString mean(const std::optional<MeanOf>& some, const std::optional<MeanOf>& all, const QString& unit) const
    {
        if (!some)
            return m_out.undefined("no token chose it");
        QString told = CardWriter::plain(numberText(some->mean) + unit);
        if (all)
            told += m_out.faint(" (all tokens " + numberText(all->mean) + ')');
        return told;
    }

    void writeFacts()
    {
        const ExpertProfile& p = m_profile;
        m_out.title(CardWriter::plain(expertName(m_shape, p.expert)));
        const double uniform = 1.0 / p.numExperts;
        m_out.fact("Share",
            p.choices ? CardWriter::plain(percentText(p.share())) + m_out.faint(" (uniform " + percentText(uniform) + ')')
                      : m_out.undefined("no token has a choice here"),
            "Its choices over all choices of the layer");
        m_out.fact("To uniform", CardWriter::plain(times(p.relative())), "Share over that of uniform random routing, 1 / E");
        m_out.fact("Rank", CardWriter::plain(QString("%1 of %2").arg(p.rank).arg(p.numExperts)),
            "By its choices among the experts of the layer; 1 = most");
        m_out.fact("Tokens",
            CardWriter::plain(countText(p.chosen)) + m_out.faint(" of " + countText(p.tokens) + ", ")
                + CardWriter::plain(percentText(p.rate())),
            "Tokens that chose it, of all that chose anything in the layer");
        m_out.fact("Sequences",
            CardWriter::plain(countText(p.chosenSequences)) + m_out.faint(" of " + countText(p.sequences)),
            "Sequences with a token that chose it");
        if (p.chosen == 0)
            return m_out.note("No token chose it: there is nothing more to tell.");
        QStringList choices;
        for (std::size_t r = 0; r < p.bySlot.size() && r < 4; ++r)
            choices << unbroken(QString("%1. ").arg(r + 1) + percentText(double(p.bySlot[r]) / double(p.chosen)));
        if (p.bySlot.size() > 1)
            m_out.fact("Chosen as", CardWriter::plain(choices.join(QStringLiteral(" · "))),
                "How often it was a token's first choice, its second, …");
        if (p.weight)
            m_out.fact("Weight", CardWriter::plain(numberText(p.weight->mean)), "Mean weight that its tokens gave it");
        if (p.entropyOfAll)
            m_out.fact("Entropy", mean(p.entropy, p.entropyOfAll, " nats"), "Of the router's scores, mean over its tokens");
        if (p.marginOfAll)
            m_out.fact("Margin", mean(p.margin, p.marginOfAll, {}),
                "Score of the last chosen expert less that of the first one not chosen, mean over its tokens");
        writeLoss();
    }

    void writeLoss()
    {
        if (!m_profile.loss)
            return;
        const LossStats& loss = *m_profile.loss;
        QString told = m_out.undefined("its tokens have no next token");
        if (loss.n > 0) {
            told = CardWriter::plain(numberText(loss.mean) + " nats");
            if (loss.interval)
                told += CardWriter::plain(QString(" [%1, %2]").arg(numberText(loss.interval->first), numberText(loss.interval->second)));
            told += m_out.faint(" (all tokens " + numberText(m_profile.lossOfAll->mean) + ')');
        }
        m_out.fact("Loss", told, "Of the next token, mean over its tokens [95 % over sequences]");
    }

    void writeTokens()
    {
        m_out.heading("Top tokens by lift",
            "Share of a token's occurrences that chose the expert, over the share of all tokens that do");
        if (!m_profile.tokenIds)
            return m_out.note("Token ids are not recorded.");
        if (m_profile.tokenLifts.empty())
            return m_out.note(QString("None of the %1 tokens that occur at least %2 times is above chance.")
                    .arg(countText(m_profile.judgedIds), countText(m_question.least)));
        std::vector<QStringList> rows;
        for (const TokenLift& lift : m_profile.tokenLifts) {
            const QString token = lift.bytes.empty()
                ? CardWriter::plain(QString::fromStdString(numberOf(lift.id)))
                : CardWriter::plain(QString::fromUtf8("“") + text(lift.bytes) + QString::fromUtf8("”"), QString("id %1").arg(lift.id));
            rows.push_back({token, CardWriter::plain(times(lift.lift)),
                CardWriter::plain(countText(lift.chosen)) + m_out.faint(" of " + countText(lift.occurrences)),
                CardWriter::plain(numberText(lift.z))});
        }
        m_out.table({{"Token", {}, false}, {"Lift"}, {"Chose it", "Occurrences that chose it, of all"},
                        {"z", "Standard deviations above what independent tokens would give"}},
            rows);
        m_out.note(firstOf(rows.size(), m_profile.idsAbove)
            + QString("above chance, among %1 tokens that occur at least %2 times.")
                  .arg(countText(m_profile.judgedIds), countText(m_question.least)));
    }

    void writeContexts()
    {
        const ExpertProfile& p = m_profile;
        m_out.heading("Contexts", "Tokens that chose it, in their text; a click pins the token");
        if (!p.byWeight)
            m_out.note("Weights are not recorded: places spread over the trace.");
        for (const ContextsAt& at : p.contexts) {
            if (p.byWeight)
                m_out.note(at.quantile == 1 ? QString("Largest weight")
                        : at.quantile == 0  ? QString("Lowest weight")
                        : at.quantile == .5 ? QString("Median weight")
                                            : QString("%1 % of the weights are lower").arg(100 * at.quantile));
            for (const TokenContext& context : at.contexts)
                writeContext(context);
        }
        if (p.contextsOneIn > 1)
            m_out.note(QString("Out of one in %1 of its tokens.").arg(countText(p.contextsOneIn)));
    }

    void writeContext(const TokenContext& context)
    {
        const Sequence& sequence = m_shape.sequences[std::size_t(context.sequence)];
        const QString name = sequence.name.empty() ? QString("sequence %1").arg(context.sequence.value)
                                                   : QString::fromStdString(shownText(sequence.name));
        const QString place = name + QString(" : %1").arg(context.position);
        const QString weight = context.weight ? numberText(*context.weight) : QString();
        const QString piece = context.piece.empty() ? QString("token %1").arg(context.token.value) : text(context.piece);
        const CardLink link{{.sequence = context.sequence, .token = context.token}, false,
            joinedReadout({place, QString::fromUtf8("“") + piece + QString::fromUtf8("”"),
                weight.isEmpty() ? QString() : "weight " + weight, QString("choice %1").arg(context.rank)})};
        QString line;
        if (!weight.isEmpty())
            line += m_out.faint(weight + QStringLiteral("  "), place);
        line += CardWriter::plain(text(context.before), place) + m_out.link(m_out.marked(piece), link)
            + CardWriter::plain(text(context.after), place);
        m_out.paragraph(line);
    }

    void writeLabels()
    {
        for (const Label& label : m_shape.labels) {
            m_out.heading("Label " + QString::fromStdString(shownText(label.name)),
                "Share of its tokens with a label value, against that of all tokens");
            std::vector<const LabelShare*> shares = sharesByLift(m_profile.labels, label.name);
            const std::size_t all = shares.size();
            if (shares.size() > m_question.most)
                shares.resize(m_question.most);
            std::vector<QStringList> rows;
            for (const LabelShare* share : shares) {
                const LabelFilter filter{share->label, share->value};
                const CardLink link{{.label = filter}, false,
                    joinedReadout({QString::fromStdString(conditionText(filter)),
                        countText(share->some) + " of " + countText(share->of) + " tokens chose it"})};
                rows.push_back({m_out.link(CardWriter::brief(QString::fromStdString(shownText(share->value))), link),
                    CardWriter::plain(percentText(share->share)), m_out.faint(percentText(share->shareOfAll)),
                    share->lift ? CardWriter::plain(times(*share->lift)) : m_out.undefined("no token chose it"),
                    share->z ? CardWriter::plain(numberText(*share->z))
                             : m_out.undefined("fewer than two sequences with it, or without it")});
            }
            m_out.table({{"Value", {}, false}, {"Its tokens"}, {"All"}, {"Lift"},
                            {"z", "Of the rate with the value less that without, over sequences"}},
                rows);
            if (all > rows.size())
                m_out.note(QString("The largest %1 of %2 values.").arg(rows.size()).arg(all));
        }
    }

    void writePositions()
    {
        m_out.heading("Position in the sequence", "Rate at which tokens there choose it, over that of all tokens; 1 = alike");
        double most = 1;
        for (const PositionShare& share : m_profile.positions)
            most = std::max(most, share.lift);
        std::vector<QStringList> rows;
        for (const PositionShare& share : m_profile.positions) {
            const QString where = share.end - share.begin == 1
                ? countText(share.begin)
                : countText(share.begin) + QStringLiteral(" – ") + countText(share.end - 1);
            rows.push_back({CardWriter::plain(where), m_out.bar(share.lift / most), CardWriter::plain(times(share.lift)),
                CardWriter::plain(countText(share.chosen)) + m_out.faint(" of " + countText(share.tokens))});
        }
        m_out.table({{"Position", "From 0", false}, {"", {}, false}, {"To its mean"}, {"Tokens"}}, rows);
    }

    void writeLifts(const QString& title, const QString& tip, const ExpertLifts& lifts)
    {
        const bool same = lifts.site == m_profile.expert.site;
        if (!lifts.site)
            return;
        m_out.heading(same ? title : title + QStringLiteral(": ") + siteText(m_shape, *lifts.site).toLower(), tip);
        if (lifts.experts.empty())
            return m_out.note(QString("No expert with at least %1 tokens.").arg(countText(m_question.least)));
        std::vector<QStringList> rows;
        for (const ExpertLift& lift : lifts.experts) {
            const CardLink link{{.site = lift.expert.site, .expert = lift.expert.expert}, false,
                joinedReadout({expertName(m_shape, lift.expert),
                    countText(lift.together) + " of " + countText(lift.of) + " of its tokens"})};
            rows.push_back({m_out.link(CardWriter::plain(QString("expert %1").arg(lift.expert.expert.value)), link),
                CardWriter::plain(times(lift.lift)), CardWriter::plain(percentText(lift.share)),
                CardWriter::plain(countText(lift.together)) + m_out.faint(" of " + countText(lift.of))});
        }
        m_out.table({{"Expert", {}, false}, {"Lift", "Share of the expert's tokens that chose it, over that of all tokens"},
                        {"Share", "Of the expert's tokens"}, {"Tokens", "That chose both, of all that chose it"}},
            rows);
        if (rows.size() < lifts.listed)
            m_out.note(firstOf(rows.size(), lifts.listed) + QString("experts with at least %1 tokens.").arg(m_question.least));
        if (same && lifts.uniform)
            m_out.note("Uniform lift " + numberText(*lifts.uniform) + QStringLiteral(": a token chooses an expert once."));
    }

    void writeLife()
    {
        if (m_profile.life.empty())
            return;
        m_out.heading("Over the series", "Its share of the choices in each trace");
        std::vector<QStringList> rows;
        for (const ExpertInTrace& at : m_profile.life) {
            const QString name = CardWriter::brief(QString::fromStdString(shownText(at.trace)));
            if (!at.rank) {
                rows.push_back({name, {}, m_out.undefined(QString::fromStdString(at.undefined)), {}});
                continue;
            }
            const double share = at.choices ? double(at.chosen) / double(at.choices) : 0;
            rows.push_back({name, m_out.bar(share * m_profile.numExperts / 4), CardWriter::plain(percentText(share)),
                CardWriter::plain(QString::number(*at.rank))});
        }
        m_out.table({{"Trace", {}, false}, {"", {}, false}, {"Share"}, {"Rank"}}, rows);
    }

    const ExpertProfile& m_profile;
    const RoutingShape& m_shape;
    const ExpertQuestion& m_question;
    CardWriter m_out;
};

}

Card expertCard(const ExpertProfile& profile, const RoutingShape& shape, const ExpertQuestion& question)
{
    return ExpertCard(profile, shape, question).card();
}

}
