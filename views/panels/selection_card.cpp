// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/selection_card.h"

#include "analysis/profile/contexts.h"
#include "analysis/study/condition.h"
#include "views/charts/wording.h"
#include "views/session/subject_text.h"

#include <algorithm>
#include <limits>

namespace expertscope {

namespace {

constexpr std::size_t kMostExperts = 8, kMostValues = 8;

/// "Layer 5 · expert 27": at the beginning of a line.
QString headText(Subject subject, const RoutingShape& shape)
{
    if (subject.token)
        subject.site.reset(), subject.expert.reset(); // where it was pointed at
    QString text = subjectText(subject, shape);
    if (subject.site && !text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

double ratio(std::uint64_t some, std::uint64_t all)
{
    return all ? double(some) / double(all) : std::numeric_limits<double>::quiet_NaN();
}

QString words(const std::string& utf8)
{
    return QString::fromStdString(shownText(utf8));
}

class SelectionCard
{
public:
    SelectionCard(const SelectionProfile& profile, const SelectionQuestion& question, const std::vector<Subject>& pins,
        const RoutingShape& shape)
        : m_profile(profile)
        , m_question(question)
        , m_pins(pins)
        , m_shape(shape)
        , m_whole(question.parts.empty())
    {
    }

    Card card()
    {
        writeHead();
        writeExperts();
        if (m_profile.tokens > 0) {
            writeScores();
            writeLoad();
            writeLabels();
        } else {
            m_out.note("The filters leave none of these tokens.");
        }
        return m_out.card();
    }

private:
    QString ofAll(const QString& value) const { return m_whole ? QString() : m_out.faint(" (all " + value + ')'); }

    void writeHead()
    {
        const SelectionProfile& p = m_profile;
        const bool filtered = !m_question.scope.everything();
        if (m_whole)
            m_out.title(CardWriter::plain(filtered ? "Tokens that the filters leave" : "All tokens"));
        else if (m_pins.size() == 1)
            m_out.title(CardWriter::plain(headText(m_pins.front(), m_shape)));
        else
            m_out.title(CardWriter::plain(QString("%1 pins together").arg(m_pins.size())));
        m_out.fact("Tokens", counted(p.tokens, m_whole ? m_shape.numTokens : p.tokensOfAll, filtered),
            m_whole ? "Of the whole trace" : "Of those that the filters leave");
        m_out.fact("Sequences", counted(p.sequences, m_whole ? m_shape.sequences.size() : p.sequencesOfAll, filtered),
            "With such a token");
        if (m_whole && m_pins.empty())
            m_out.note("Click an expert, a layer, a token or a label value to see its tokens; Shift+click adds.");
        if (m_pins.size() < 2 || m_whole)
            return;
        std::vector<QStringList> rows;
        std::uint64_t tokens = 0;
        std::size_t part = 0;
        for (const Subject& pin : m_pins) {
            const bool named = (pin.site && pin.expert) || pin.label || pin.sequence || pin.token;
            if (!named || part >= p.parts.size())
                continue;
            const Study::Extent& extent = p.parts[part++];
            tokens += extent.tokens;
            rows.push_back({m_out.link(CardWriter::plain(headText(pin, m_shape)), {pin, false, headText(pin, m_shape)}),
                CardWriter::plain(countText(extent.tokens)), m_out.faint(percentText(ratio(extent.tokens, p.tokensOfAll)))});
        }
        rows.push_back({m_out.faint("sum", "Tokens of several pins count as often"), CardWriter::plain(countText(tokens)),
            m_out.faint(percentText(ratio(tokens, p.tokensOfAll)))});
        rows.push_back({m_out.faint("mean"), CardWriter::plain(numberText(double(tokens) / double(part))),
            m_out.faint(percentText(ratio(tokens, p.tokensOfAll) / double(part)))});
        m_out.heading("Pins");
        m_out.table({{"Pin", {}, false}, {"Tokens"}, {"Share"}}, rows);
    }

    QString counted(std::uint64_t some, std::uint64_t all, bool filtered) const
    {
        if (m_whole && !filtered)
            return CardWriter::plain(countText(some));
        return CardWriter::plain(countText(some)) + m_out.faint(" of " + countText(all) + ", ")
            + CardWriter::plain(percentText(ratio(some, all)));
    }

    void writeExperts()
    {
        if (m_profile.experts.empty())
            return;
        m_out.heading("Share of the choices", "Of its layer, among all tokens that the filters leave");
        std::vector<QStringList> rows;
        double shares = 0;
        std::uint64_t choices = 0;
        for (const ExpertLoad& load : m_profile.experts) {
            const QString name = headText({.site = load.expert.site, .expert = load.expert.expert}, m_shape);
            rows.push_back({m_out.link(CardWriter::plain(name), {{.site = load.expert.site, .expert = load.expert.expert}, false, name}),
                CardWriter::plain(countText(load.chosen)),
                CardWriter::plain(percentText(load.share())) + m_out.faint(" (" + percentText(1.0 / load.numExperts) + ')'),
                CardWriter::plain(QString::number(load.rank)) + m_out.faint(QString(" of %1").arg(load.numExperts))});
            shares += load.share();
            choices += load.chosen;
        }
        if (const double n = double(m_profile.experts.size()); n > 1) {
            rows.push_back({m_out.faint("sum"), CardWriter::plain(countText(choices)), CardWriter::plain(percentText(shares)), {}});
            rows.push_back({m_out.faint("mean"), CardWriter::plain(numberText(double(choices) / n)),
                CardWriter::plain(percentText(shares / n)), {}});
        }
        m_out.table({{"Expert", {}, false}, {"Choices"}, {"Share (uniform)", "In brackets: 1 / E, what uniform random routing gives"},
                        {"Rank", "By its choices in the layer; 1 = most"}},
            rows);
    }

    void score(const QString& name, const ScoreValue& some, const ScoreValue& all, const QString& unit, const QString& tip)
    {
        if (!some.value)
            return m_out.fact(name, m_out.undefined(QString::fromStdString(some.undefined)), tip);
        m_out.fact(name,
            CardWriter::plain(numberText(*some.value) + unit) + ofAll(all.value ? numberText(*all.value) : QStringLiteral("–")),
            tip + QString(" (n = %1)").arg(countText(some.n)));
    }

    void writeScores()
    {
        const RouterScores &some = m_profile.scores, &all = m_profile.scoresOfAll;
        m_out.heading(siteText(m_shape, m_question.site));
        score("Entropy", some.entropy, all.entropy, " nats", "Of the router's scores, mean over tokens");
        score("Margin", some.margin, all.margin, {}, "Score of the last chosen expert less that of the first one not chosen");
        score("First weight", some.firstWeight, all.firstWeight, {}, "Weight of the first choice, mean over tokens");
        score("Mass", some.mass, all.mass, {}, "Probability that falls on the chosen experts, mean over tokens");
        if (!m_profile.loss)
            return m_out.fact("Loss", m_out.undefined("not recorded: capture with --loss"), "Of the next token");
        const LossStats& loss = *m_profile.loss;
        if (loss.n == 0)
            return m_out.fact("Loss", m_out.undefined("none of these has a next token"), "Of the next token");
        QString told = CardWriter::plain(numberText(loss.mean));
        if (loss.interval)
            told += CardWriter::plain(QString(" [%1, %2]").arg(numberText(loss.interval->first), numberText(loss.interval->second)));
        m_out.fact("Loss", told + CardWriter::plain(" nats") + ofAll(numberText(m_profile.lossOfAll->mean)),
            "Of the next token, mean [95 % over sequences]");
        if (loss.n > 1)
            m_out.fact({}, m_out.faint(QString("from %1 to %2").arg(numberText(loss.least), numberText(loss.most))));
    }

    void writeLoad()
    {
        std::vector<const ExpertLoad*> order;
        for (const ExpertLoad& load : m_profile.load) {
            if (load.chosen > 0)
                order.push_back(&load);
        }
        std::ranges::sort(order, {}, &ExpertLoad::rank);
        const std::size_t all = order.size();
        order.resize(std::min(all, kMostExperts));
        m_out.heading("Top experts", "Of the choices that these tokens make in the layer");
        std::vector<QStringList> rows;
        for (const ExpertLoad* load : order) {
            const double share = load->share();
            const double ofAll = m_profile.loadOfAll[std::size_t(load->expert.expert)].share();
            const QString readout = joinedReadout({headText({.site = load->expert.site, .expert = load->expert.expert}, m_shape),
                countText(load->chosen) + " choices", "share " + percentText(share)});
            QStringList row{m_out.link(CardWriter::plain(QString("expert %1").arg(load->expert.expert.value)),
                                {{.site = load->expert.site, .expert = load->expert.expert}, false, readout}),
                CardWriter::plain(countText(load->chosen)), CardWriter::plain(percentText(share))};
            if (!m_whole)
                row << m_out.faint(percentText(ofAll)) << CardWriter::plain(numberText(share / ofAll) + QStringLiteral(" ×"));
            else
                row << CardWriter::plain(numberText(share * load->numExperts) + QStringLiteral(" ×"));
            rows.push_back(std::move(row));
        }
        std::vector<CardWriter::Column> columns{{"Expert", {}, false}, {"Choices"}, {"Share"}};
        if (!m_whole)
            columns.insert(columns.end(), {{"All", "Its share among all tokens that the filters leave"}, {"Lift", "Share / that of all"}});
        else
            columns.push_back({"To uniform", "Share / (1 / E)"});
        m_out.table(columns, rows);
        if (all > order.size())
            m_out.note(QString("The first %1 of %2 that were chosen.").arg(order.size()).arg(all));
    }

    void writeLabels()
    {
        for (const Label& label : m_shape.labels) {
            std::vector<const LabelShare*> shares;
            for (const LabelShare& share : m_profile.labels) {
                if (share.label == label.name && share.some > 0)
                    shares.push_back(&share);
            }
            std::ranges::stable_sort(shares, std::greater(), &LabelShare::some);
            const std::size_t all = shares.size();
            shares.resize(std::min(all, kMostValues));
            m_out.heading(words(label.name), m_whole ? "Tokens with each value" : "Tokens with each value, against all tokens");
            std::vector<QStringList> rows;
            for (const LabelShare* share : shares) {
                const LabelFilter filter{share->label, share->value};
                const CardLink link{{.label = filter}, false,
                    joinedReadout({QString::fromStdString(conditionText(filter)), countText(share->some) + " tokens"})};
                QStringList row{m_out.link(CardWriter::brief(words(share->value)), link), CardWriter::plain(countText(share->some)),
                    CardWriter::plain(percentText(share->share))};
                if (!m_whole)
                    row << m_out.faint(percentText(share->shareOfAll)) << CardWriter::plain(numberText(*share->lift) + QStringLiteral(" ×"));
                rows.push_back(std::move(row));
            }
            std::vector<CardWriter::Column> columns{{"Value", {}, false}, {"Tokens"}, {"Share"}};
            if (!m_whole)
                columns.insert(columns.end(), {{"All", "Share of the value among all tokens"}, {"Lift", "Share / that of all"}});
            m_out.table(columns, rows);
            if (all > shares.size())
                m_out.note(QString("The largest %1 of %2 values.").arg(shares.size()).arg(all));
        }
    }

    const SelectionProfile& m_profile;
    const SelectionQuestion& m_question;
    const std::vector<Subject>& m_pins;
    const RoutingShape& m_shape;
    const bool m_whole;
    CardWriter m_out;
};

}

Card selectionCard(const SelectionProfile& profile, const SelectionQuestion& question, const std::vector<Subject>& pins,
    const RoutingShape& shape)
{
    return SelectionCard(profile, question, pins, shape).card();
}

QByteArray selectionCsv(const SelectionProfile& profile, const SelectionQuestion& question, const RoutingShape& shape)
{
    QByteArray csv = "what,of,value,all\n";
    const auto add = [&](const std::string& what, const std::string& of, const QByteArray& value, const QByteArray& all) {
        csv += csvText(what) + ',' + csvText(of) + ',' + value + ',' + all + '\n';
    };
    const auto count = [](std::uint64_t n) { return QByteArray::number(qulonglong(n)); };
    const auto score = [&](const char* what, const ScoreValue& some, const ScoreValue& all) {
        const auto number = [](const ScoreValue& of) { return of.value ? csvNumber(*of.value) : QByteArray(); };
        add(what, siteText(shape, question.site).toLower().toStdString(), number(some), number(all));
    };
    add("tokens", {}, count(profile.tokens), count(profile.tokensOfAll));
    add("sequences", {}, count(profile.sequences), count(profile.sequencesOfAll));
    score("router_entropy.mean", profile.scores.entropy, profile.scoresOfAll.entropy);
    score("margin.mean", profile.scores.margin, profile.scoresOfAll.margin);
    score("first_weight", profile.scores.firstWeight, profile.scoresOfAll.firstWeight);
    score("top_k_mass", profile.scores.mass, profile.scoresOfAll.mass);
    if (profile.loss && profile.loss->n > 0)
        add("loss.mean", {}, csvNumber(profile.loss->mean), csvNumber(profile.lossOfAll->mean));
    for (const ExpertLoad& load : profile.load)
        add("load.share", "expert " + std::to_string(load.expert.expert.value), csvNumber(load.share()),
            csvNumber(profile.loadOfAll[std::size_t(load.expert.expert)].share()));
    for (const LabelShare& share : profile.labels)
        add("label_share", conditionText({share.label, share.value}), csvNumber(share.share), csvNumber(share.shareOfAll));
    return csv;
}

}
