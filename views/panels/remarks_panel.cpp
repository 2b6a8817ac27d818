// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/remarks_panel.h"

#include "analysis/study/trace_analysis.h"
#include "views/charts/wording.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QTimer>

#include <algorithm>
#include <charconv>

namespace expertscope {

using namespace results;

namespace {

constexpr const char* kNothing = "Open a trace to see what is remarkable in it";
/// Most metrics there are: the pictures that are looked at come first, and filters that follow each other are one.
constexpr int kLaterMs = 700;
constexpr std::size_t kMostFacts = 20; ///< as many as `analyze` has lines for

/// What a row is about: where an extreme was found counts too.
Subject subjectOf(const ResultRow& row)
{
    Subject subject{.site = row.site, .expert = row.expert};
    if (!subject.site && subject.expert)
        subject.expert.reset();
    if (row.label)
        subject.label = LabelFilter{row.label->first, row.label->second};
    return subject;
}

QString utf8Text(const std::string& utf8)
{
    return QString::fromStdString(utf8);
}

RemarksPanel::Page pageOf(const Results& results, const RoutingShape& shape)
{
    RemarksPanel::Page page;
    page.page = remarkPage(results, layersOf(shape), kMostFacts);
    const Remarks remarks = remarksOn(results, kMostFacts);
    for (std::size_t i = 0; i < page.page.sentences.size(); ++i) {
        const RemarkSentence& sentence = page.page.sentences[i];
        const Subject subject = subjectOf(*remarks.told[i].row);
        const QString readout = joinedReadout({utf8Text(sentence.place), utf8Text(sentence.before + sentence.value + sentence.after),
            utf8Text(sentence.beside)});
        page.facts.push_back({sentence, {subject, subject.label.has_value(), readout}});
    }
    return page;
}

}

RemarksPanel::RemarksPanel(Session& session, QWidget* parent)
    : CardPanel(session, kNothing, parent)
    , m_by(new QComboBox(this))
    , m_later(new QTimer(this))
{
    m_later->setSingleShot(true);
    m_later->setInterval(kLaterMs);
    connect(m_later, &QTimer::timeout, this, &RemarksPanel::compute);
    m_by->setObjectName("remarksBy");
    m_by->setAccessibleName("Label whose values are compared");
    m_by->setToolTip("Which facts: of all tokens, or also of each value of a label");
    m_by->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    head()->addWidget(m_by);
    head()->addStretch(1);
    card()->setAccessibleName("Remarkable");
    connect(m_by, &QComboBox::activated, this, &RemarksPanel::ask);
    connect(&session, &Session::opened, this, &RemarksPanel::fillLabels);
    connect(&session, &Session::traceChosen, this, &RemarksPanel::fillLabels);
    fillLabels();
}

void RemarksPanel::fillLabels()
{
    const RoutingShape* const shape = session().filters().shape();
    const QSignalBlocker quiet(m_by);
    const QString before = m_by->currentData().toString();
    m_by->clear();
    m_by->addItem("Of all tokens", QString());
    for (std::size_t i = 0; shape && i < shape->labels.size(); ++i) {
        const QString name = utf8Text(shape->labels[i].name);
        m_by->addItem("By " + name, name);
    }
    m_by->setCurrentIndex(std::max(0, m_by->findData(before)));
    m_by->setVisible(m_by->count() > 1);
    ask();
}

void RemarksPanel::request()
{
    session().cancel(this); // of other tokens
    m_later->start();
}

bool RemarksPanel::pending() const
{
    return m_later->isActive();
}

bool RemarksPanel::stop()
{
    if (!pending())
        return CardPanel::stop();
    m_later->stop();
    setLoading(false);
    showError({"stopped before it was computed", {}, {}});
    return true;
}

void RemarksPanel::compute()
{
    if (!session().study() || !session().filters().shape() || !isVisible())
        return ask(); // which waits until it makes sense
    // What `analyze` computes when no metric is named.
    AnalysisOptions options;
    options.by = m_by->currentData().toString().toStdString();
    auto checked = checkOptions(options, 1);
    if (!checked)
        return showError(checked.error());
    std::string key = "remarks ";
    addKey(key, options.by);
    session().askStudy<Page>(
        this, key,
        [question = std::move(checked->question)](
            const Study& study, const Side& side, const Progress& progress) -> Expected<Page> {
            MetricQuestion whole = question;
            whole.scope = side.scope;
            ES_ASSIGN(const Results found, analyseTrace(study, side.trace, whole, progress));
            return pageOf(found, study.shape(side.trace));
        },
        [this](const Expected<Page>& page) { take(page, m_page); });
    if (session().waits(this))
        setLoading(true);
}

Card RemarksPanel::write() const
{
    CardWriter out;
    if (m_page.page.title.empty()) {
        out.note("Nothing can be compared with chance here.");
        return out.card();
    }
    out.note(utf8Text(m_page.page.title + ": " + m_page.page.rest));
    if (m_page.facts.empty())
        out.paragraph(CardWriter::plain("Nothing beyond what chance gives."));
    for (const Fact& fact : m_page.facts) {
        const RemarkSentence& sentence = fact.sentence;
        const QString said = (fact.link.subject.empty() ? out.strong(utf8Text(sentence.place))
                                                        : out.link(out.strong(utf8Text(sentence.place)), fact.link))
            + CardWriter::plain(utf8Text(": " + sentence.before)) + out.strong(utf8Text(sentence.value)) + CardWriter::plain(utf8Text(sentence.after))
            + (sentence.beside.empty() ? QString() : out.faint(utf8Text(" (" + sentence.beside + ')')));
        out.paragraph(said);
    }
    return out.card();
}

QByteArray RemarksPanel::csv() const
{
    if (!showsCard() || m_page.facts.empty())
        return {};
    QByteArray csv = "metric,place,said,beside\n";
    for (const auto& [sentence, link] : m_page.facts)
        csv += csvText(sentence.family) + ',' + csvText(sentence.place) + ','
            + csvText(sentence.before + sentence.value + sentence.after) + ',' + csvText(sentence.beside) + '\n';
    return csv;
}

}
