// SPDX-License-Identifier: GPL-3.0-or-later
//
// Each question of resources/docs/questions.md is asked of a window as the page says, step by step, and what the window
// then holds is the page's answer.
#include "analysis/what_if/placement.h"
#include "app/desktop/palette/palette.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/window/window_fixture.h"
#include "views/panels/playground_panel.h"
#include "views/panels/token_panels.h"
#include "views/playground/playground.h"
#include "views/tokens/widgets/search_bar.h"
#include "views/tokens/widgets/token_text_view.h"
#include "views/what_if/placement_what_if.h"
#include "views/what_if/what_if.h"
#include "views/widgets/chart_view.h"

#include <QFile>
#include <QLineEdit>
#include <QRegularExpression>
#include <QSpinBox>

#include <algorithm>
#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

using Record = QMap<QString, QString>;

struct AskedQuestion
{
    QString title;
    QStringList traces; ///< of resources/demo/formation
    QStringList steps;
    QString answer;
};

QList<AskedQuestion> questionsOfThePage()
{
    QFile page(EXPERTSCOPE_SOURCE_DIR "/resources/docs/questions.md");
    if (!page.open(QIODevice::ReadOnly))
        return {};
    static const QRegularExpression title(R"(^## (\d+\. .*)$)"), step(R"(^\d+\. (.*)$)"), code("`([^`]+)`");
    QList<AskedQuestion> questions;
    bool answering = false;
    for (const QString& line : QString::fromUtf8(page.readAll()).split('\n')) {
        if (const auto found = title.match(line); found.hasMatch()) {
            questions.push_back({found.captured(1), {}, {}, {}});
            answering = false;
        } else if (questions.isEmpty()) {
            continue;
        } else if (line.startsWith("Open ")) {
            for (auto words = code.globalMatch(line); words.hasNext();)
                questions.back().traces << words.next().captured(1);
        } else if (const auto done = step.match(line); done.hasMatch() && !answering) {
            questions.back().steps << done.captured(1);
        } else if (line.startsWith("**Answer.**") || (answering && !line.trimmed().isEmpty())) {
            answering = true;
            questions.back().answer += line + ' ';
        }
    }
    return questions;
}

/// Fields of a line of CSV (RFC 4180); no field of these tables holds a line break.
QStringList fields(const QString& line)
{
    QStringList all{QString()};
    bool quoted = false;
    for (qsizetype i = 0; i < line.size(); ++i) {
        if (line[i] == '"') {
            if (quoted && i + 1 < line.size() && line[i + 1] == '"')
                all.back() += line[++i];
            else
                quoted = !quoted;
        } else if (line[i] == ',' && !quoted) {
            all << QString();
        } else {
            all.back() += line[i];
        }
    }
    return all;
}

QList<Record> records(const QByteArray& csv)
{
    QList<Record> all;
    QStringList names;
    for (const QString& line : QString::fromUtf8(csv).split('\n')) {
        if (line.isEmpty() || line.startsWith('#'))
            continue;
        const QStringList row = fields(line);
        if (names.isEmpty()) {
            names = row;
            continue;
        }
        Record record;
        for (qsizetype i = 0; i < std::min(names.size(), row.size()); ++i)
            record[names[i]] = row[i];
        all << record;
    }
    return all;
}

double number(const Record& record, const char* field = "value")
{
    return record.value(field).isEmpty() ? std::nan("") : record.value(field).toDouble();
}

QList<Record> where(QList<Record> all, const Record& wanted)
{
    all.removeIf([&](const Record& record) {
        for (auto it = wanted.begin(); it != wanted.end(); ++it) {
            if (record.value(it.key()) != it.value())
                return true;
        }
        return false;
    });
    return all;
}

/// The largest of a field, or the smallest; those without a number are none.
Record extreme(const QList<Record>& all, bool largest = true, const char* field = "value")
{
    Record best;
    for (const Record& record : all) {
        const double value = number(record, field);
        if (!std::isnan(value) && (best.isEmpty() || (largest ? value > number(best, field) : value < number(best, field))))
            best = record;
    }
    return best;
}

/// Of each expert of a site, 1 being the mean; from counts.
std::vector<double> relativeLoads(const LoadTable& load, std::size_t site)
{
    std::vector<double> row;
    for (std::size_t e = 0; e < load.numExperts; ++e)
        row.push_back(double(load.counts[site * load.numExperts + e]) * load.numExperts / double(load.choices[site]));
    return row;
}

/// As the page writes it.
QString digits(double value, int significant = 3)
{
    return QString::number(value, 'g', significant);
}
QString percent(double value)
{
    return QString::number(value * 100, 'f', 1) + " %";
}

}

class TestQuestions : public WindowTest
{
    Q_OBJECT

    static QString file(const QString& name) { return EXPERTSCOPE_SOURCE_DIR "/resources/demo/formation/" + name; }
    static Expected<StudyPtr> openFiles(const std::vector<std::filesystem::path>& paths) { return Study::open(paths); }

    QList<Record> table(const char* view) const { return records(m_window->view(view)->csv()); }
    const Study& study() const { return *session().study(); }

    /// Everything has come: twice in a row, as an answer may make another view ask.
    bool quiet()
    {
        for (int i = 0; i < 2; ++i) {
            if (!QTest::qWaitFor([this] { return settled(); }, 60000))
                return false;
            settle();
        }
        return true;
    }

    void perform(const QString& step)
    {
        static const QRegularExpression code("`([^`]+)`");
        QStringList words;
        for (auto found = code.globalMatch(step); found.hasNext();)
            words << found.next().captured(1);
        QVERIFY2(words.size() >= 2, qPrintable(step));
        if (words[0] == "Ctrl+P") {
            trigger("view.palette");
            QTest::keyClicks(&m_window->palette().line(), words[1]);
            QVERIFY2(!m_window->palette().items().empty(), qPrintable(step));
            QTest::keyClick(&m_window->palette().line(), Qt::Key_Return);
        } else if (words[0] == "Ctrl+F") {
            trigger("edit.find");
            auto* view = static_cast<TokenTextPanel*>(m_window->view("tokens.text"))->textView();
            auto* line = view->search()->findChild<QLineEdit*>();
            QTest::keyClicks(line, words[1]);
            QVERIFY(QTest::qWaitFor([&] { return view->search()->matches() && !view->search()->searching(); }, 20000));
            QTest::keyClick(line, Qt::Key_Return);
            QVERIFY(QTest::qWaitFor([&] { return view->search()->match().has_value(); }, 20000));
        } else if (words[0] == "Prompt" || words[0] == "Alt+K") {
            auto* view = static_cast<PlaygroundPanel*>(m_window->view("playground"))->playground();
            if (words[0] == "Alt+K")
                view->keep();
            else
                view->setPrompt(words[1]);
            QVERIFY(QTest::qWaitFor([&] { return view->page() == Playground::Page::Routing && !view->client().waits(); }, 60000));
        } else if (words[0] == "Nodes") {
            m_window->activeView()->findChild<QSpinBox*>("placementNodes")->setValue(words[1].toInt());
        } else if (words[0] == "Open beside") {
            session().openBeside({file(words[1])});
            QVERIFY(QTest::qWaitFor([this] { return session().opening().isEmpty(); }, 20000));
        } else {
            // An option of the row above the picture or the text.
            View* const view = m_window->activeView();
            ChartState& state = view->chartView()
                ? view->chartView()->state()
                : static_cast<TokenTextPanel*>(m_window->view("tokens.text"))->textView()->state();
            VERIFY_OK(state.setOption(words[0].toStdString(), words[1].toStdString()));
        }
        QVERIFY2(quiet(), qPrintable(step));
    }

    QStringList answerOf(int question);

private slots:
    void initTestCase() { useOwnSettings("tst_questions"); }
    void init()
    {
        QSettings().clear();
        QVERIFY(start(openFiles));
    }
    void cleanup() { m_window.reset(); }

    void thePageIsRead()
    {
        const QList<AskedQuestion> all = questionsOfThePage();
        QCOMPARE(all.size(), 27);
        for (const AskedQuestion& question : all) {
            QVERIFY2(!question.traces.isEmpty() && !question.answer.isEmpty(), qPrintable(question.title));
            QVERIFY2(!question.steps.isEmpty() && question.steps.size() <= 5, qPrintable(question.title));
        }
    }

    void theWindowAnswers_data()
    {
        QTest::addColumn<int>("number");
        int number = 0;
        for (const AskedQuestion& question : questionsOfThePage())
            QTest::addRow("%s", qPrintable(question.title)) << ++number;
    }
    void theWindowAnswers()
    {
        QFETCH(int, number);
        const AskedQuestion question = questionsOfThePage()[number - 1];
        if (question.steps.join(' ').contains("playground") && captureProgram().isEmpty())
            QSKIP("built without LibTorch");
        QStringList paths;
        for (const QString& trace : question.traces)
            paths << file(trace);
        QVERIFY(openAndWait(paths));
        for (const QString& step : question.steps) {
            perform(step);
            if (QTest::currentTestFailed())
                return;
        }
        const QStringList facts = answerOf(number);
        QVERIFY(!facts.isEmpty());
        qInfo().noquote() << facts.join(" | ") ;
        for (const QString& fact : facts)
            QVERIFY2(question.answer.contains(fact), qPrintable("the window says " + fact + ", the page: " + question.answer));
    }
};

/// What the window shows now, in the page's words.
QStringList TestQuestions::answerOf(int question)
{
    const auto layer = [](const Record& record, const char* field = "layer") { return "layer " + record.value(field); };
    switch (question) {
    case 1: { // balance: the largest MaxVio, as counted by hand
        const Record worst = extreme(where(table("chart.balance"), {{"metric", "balance.max_vio"}}));
        const auto loads = relativeLoads(counts(), worst["site"].toUInt());
        const double most = *std::ranges::max_element(loads);
        if (std::abs(most - 1 - number(worst)) > 1e-6)
            return {"another MaxVio by hand"};
        return {layer(worst), digits(most)};
    }
    case 2: { // German in layer 5
        QStringList facts;
        for (const char* rank : {"1", "2", "3"}) {
            const auto found = where(table("chart.load"), {{"layer", "5"}, {"rank", rank}});
            for (const Record& record : found)
                facts << "expert " + record["expert"] + " (" + digits(number(record, "relative_load")) + " x)";
        }
        return facts;
    }
    case 3: { // what else the busiest of them does
        const auto labels = where(table("expert"), {{"label", "language"}});
        const Record best = extreme(where(labels, {{"metric", "expert.label_lift"}}));
        return {best["label_value"], digits(number(best))};
    }
    case 4: { // what an expert reads
        const Record first = where(table("expert"), {{"metric", "expert.token_lift"}}).value(0);
        static const QRegularExpression text("text=([^;]*)");
        const Record code
            = where(table("expert"), {{"metric", "expert.label_share"}, {"label", "domain"}, {"label_value", "code"}}).value(0);
        return {'`' + text.match(first["other"]).captured(1) + '`', digits(number(first)), percent(number(code))};
    }
    case 5: { // the experts of a word, layer by layer
        QStringList facts;
        const auto* view = static_cast<TokenTextPanel*>(m_window->view("tokens.text"))->textView();
        const QString token = QString::number(view->search()->match()->begin.value);
        for (const Record& record : where(table("tokens.text"), {{"token", token}}))
            facts << layer(record) + ": " + record["experts"];
        return facts;
    }
    case 6: { // tokens or meaning
        const auto input = where(table("chart.vocabulary"), {{"ids", "input"}});
        const Record first = input.value(0), least = extreme(input, false);
        return {digits(number(first)), layer(least), digits(number(least)), digits(number(first, "uniform"))};
    }
    case 7: { // the same token again
        const auto same = where(table("chart.locality"), {{"metric", "locality.same_token"}});
        return {digits(number(extreme(same))), digits(number(extreme(same, false))), digits(number(same.value(0), "uniform"))};
    }
    case 8: { // neighbours that know most of each other
        auto pairs = table("chart.mutual_information");
        pairs.removeIf([](const Record& r) { return r["with_layer"].toInt() != r["layer"].toInt() + 1; });
        const Record most = extreme(pairs);
        return {"layers " + most["layer"] + " and " + most["with_layer"], digits(number(most)), digits(number(most, "uniform"))};
    }
    case 9: { // hard to predict
        const Record least = extreme(where(table("chart.predict"), {{"predictor", "previous"}}), false);
        return {layer(least), percent(number(least)), percent(number(least, "uniform"))};
    }
    case 10: { // how routing formed
        QStringList facts;
        for (const Record& record : where(table("chart.training"), {{"metric", "saturation.top_k"}}))
            facts << percent(number(record));
        return facts;
    }
    case 11: { // what changed between two checkpoints
        const Record gained = extreme(table("compare"));
        const LoadTable before = counts(), now = *Study({study().traces()[1]}).load(0, {}).value();
        const auto relative = [&](const LoadTable& load) {
            return relativeLoads(load, gained["row"].toUInt())[gained["column"].toUInt()];
        };
        if (std::abs(relative(now) - relative(before) - number(gained)) > 1e-5)
            return {"another difference by hand"};
        return {QString("expert " + gained["column"] + " of layer " + gained["row"]), digits(relative(before)), digits(relative(now))};
    }
    case 12: { // unsure
        const auto entropy = where(table("chart.sharpness"), {{"metric", "router_entropy.mean"}});
        const auto loss = where(table("chart.sharpness"), {{"metric", "loss_correlation.entropy"}});
        return {layer(extreme(entropy)), digits(number(extreme(entropy))), layer(extreme(entropy, false)),
            digits(number(extreme(entropy, false))), digits(number(extreme(loss))), layer(extreme(loss)),
            digits(number(extreme(loss, false))), layer(extreme(loss, false))};
    }
    case 13: { // dead for one language
        QStringList facts;
        for (const Record& record : where(table("chart.load"), {{"count", "0"}}))
            facts << "expert " + record["expert"] + " of layer " + record["layer"];
        return facts;
    }
    case 14: { // closer to another label than to their own
        QMap<QString, std::pair<double, int>> own, others;
        for (const Record& record : table("chart.signature")) {
            if (record["sequence"] == record["with"])
                continue;
            auto& [sum, n] = (record["label_value"] == record["with_value"] ? own : others)[record["sequence"]];
            sum += number(record), ++n;
        }
        QStringList facts;
        for (auto it = own.begin(); it != own.end(); ++it) {
            const auto& [sum, n] = others[it.key()];
            if (it->first / it->second < sum / n) {
                const auto sequence = std::size_t(it.key().toUInt());
                facts << QString::fromStdString(study().shape().sequences[sequence].name);
            }
        }
        return facts;
    }
    case 15: { // neighbours in the text
        const Record most = extreme(where(table("chart.repetition"), {{"metric", "repetition.overlap"}}));
        return {layer(most), percent(number(most)), percent(number(most, "uniform"))};
    }
    case 16: { // chosen together
        const Record most = extreme(table("chart.coactivation"));
        return {"expert " + most["expert"], "expert " + most["with"], percent(number(most, "share")),
            percent(number(most, "uniform"))};
    }
    case 17: { // a cache of half of the experts
        const auto half = [this](const char* policy) {
            return percent(number(where(table("chart.cache_curves"), {{"policy", policy}, {"capacity", "16"}}).value(0), "hit_rate"));
        };
        return {half("lru"), half("opt"), half("uniform")};
    }
    case 18: { // GPUs
        const Record worst = extreme(table("chart.placement"), true, "max_over_mean");
        return {layer(worst), digits(number(worst, "max_over_mean"))};
    }
    case 19: { // where its tokens come from
        auto before = where(table("expert"), {{"metric", "expert.with_lift"}});
        before.removeIf([](const Record& r) { return !r["other"].startsWith("where=before;"); });
        static const QRegularExpression with("with=(\\d+)");
        return {"expert " + with.match(before.value(0)["other"]).captured(1), digits(number(before.value(0)))};
    }
    case 20: { // paths
        const auto two = where(table("chart.path"), {{"metric", "path.effective"}, {"length", "2"}, {"layer", "0"}});
        return {QString::number(number(two.value(0)), 'f', 0), QString::number(number(two.value(0), "uniform"), 'f', 0)};
    }
    case 21: { // a word is another: from the sets alone
        QSet<QString> tokens, added, changed;
        QMap<QString, int> perLayer;
        const auto set = [](const QString& experts) {
            const QStringList ids = experts.split(' ');
            return QSet<QString>(ids.begin(), ids.end());
        };
        for (const Record& record : table("playground")) {
            tokens << record["token"];
            if (record["before"].isEmpty()) {
                added << record["token"];
            } else if (set(record["experts"]) != set(record["experts_before"])) {
                changed << record["token"];
                ++perLayer[record["layer"]];
            }
        }
        QString most = "0";
        for (auto it = perLayer.begin(); it != perLayer.end(); ++it)
            most = it.value() > perLayer.value(most) ? it.key() : most;
        return {QString("%1 of the %2 tokens").arg(added.size()).arg(tokens.size()),
            QString("%1 of the %2 others").arg(changed.size()).arg(tokens.size() - added.size()),
            QString("layer %1: %2").arg(most).arg(perLayer[most])};
    }
    case 22: { // LRU beside the optima
        if (!QTest::qWaitFor([this] { return WhatIf::of(session()).table() && !WhatIf::of(session()).waits(); }, 60000))
            return {"no table"};
        QStringList facts;
        for (const char* curve : {"lru", "OPT, forced*", "OPT, bypass*"})
            facts << percent(number(where(table("what_if"), {{"curve", curve}, {"capacity", "8"}}).value(0)));
        return facts;
    }
    case 23: { // the best division of slots
        if (!QTest::qWaitFor([this] { return !table("what_if.slots").isEmpty(); }, 60000))
            return {"no division"};
        const auto layers = table("what_if.slots");
        const Record least = extreme(layers, false, "best_slots"), most = extreme(layers, true, "best_slots");
        double hits = 0;
        for (const Record& record : layers)
            hits += number(record, "best_hit_rate") / double(layers.size()); // of as many requests each
        return {"layer " + least["site"] + " only " + least["best_slots"], "layer " + most["site"] + ": " + most["best_slots"],
            percent(hits)};
    }
    case 24: { // the first size at which nine of ten hit
        if (!QTest::qWaitFor([this] { return WhatIf::of(session()).table() && !WhatIf::of(session()).waits(); }, 60000))
            return {"no table"};
        QStringList facts;
        for (const char* curve : {"lru", "OPT, forced*"}) {
            for (const Record& record : where(table("what_if"), {{"curve", curve}})) {
                if (number(record) < .9)
                    continue;
                facts << record["capacity"] + " slots" << percent(number(record));
                break;
            }
        }
        return facts;
    }
    case 25: { // fewer experts: by hand, of the whole model
        const auto three = where(table("chart.fewer_experts"), {{"amount", "3"}});
        auto layers = three;
        layers.removeIf([](const Record& record) { return record["layer"].isEmpty(); });
        const Record all = where(three, {{"layer", ""}}).value(0), most = extreme(layers), least = extreme(layers, false);
        double mean = 0; // of as many tokens each
        for (const Record& record : layers)
            mean += number(record) / double(layers.size());
        if (layers.size() != 6 || std::abs(mean - number(all)) > 1e-6)
            return {"another mean of the layers"};
        const Record two = where(table("chart.fewer_experts"), {{"amount", "2"}, {"layer", ""}}).value(0);
        return {digits(number(all)) + " %", layer(most) + " (" + digits(number(most)) + " %)",
            layer(least) + " (" + digits(number(least)) + " %)", digits(number(two)) + " %"};
    }
    case 26: { // planners, as the command says it
        auto* const view = m_window->view("what_if.placement")->findChild<PlacementWhatIf*>();
        if (!QTest::qWaitFor([&] { return view->run() && !view->waits() && view->run()->cluster.nodes == 2; }, 60000))
            return {"no plans"};
        PlacementOptions options;
        options.gpus = 8;
        options.nodes = 2;
        const Results results = comparePlacements(study(), 0, checkPlacement(options).value()).value().comparison.results;
        const auto row = [&](const QString& planner, const char* metric, const char* param, const char* word) {
            for (const ResultRow& r : results.rows) {
                const auto has = [&](const char* name, const std::string& value) {
                    const auto found = r.params.find(name);
                    return found != r.params.end() && found->second == ParameterValue(value);
                };
                if (r.metric == metric && has("planner", planner.toStdString()) && has(param, word)
                    && (std::string(metric) != "placement.sent_states" || has("dedup", "yes")))
                    return *r.value;
            }
            return -1.0;
        };
        const auto loads = where(table("what_if.placement"), {{"metric", "placement.max_over_mean"}});
        const auto sent = where(table("what_if.placement"), {{"metric", "placement.sent_states"}, {"between", "nodes"}});
        const Record even = extreme(loads, false), least = extreme(sent, false);
        if (std::abs(number(even) - row(even["planner"], "placement.max_over_mean", "window", "all")) > 1e-6
            || std::abs(number(least) - row(least["planner"], "placement.sent_states", "between", "nodes")) > 1e-6)
            return {"another number than the command's"};
        const Record price = where(loads, {{"planner", least["planner"]}}).value(0);
        const Record crosses
            = where(table("what_if.placement"), {{"metric", "share_between_nodes"}, {"planner", "eplb"}}).value(0);
        return {even["planner"] + " loads", QString::number(number(even), 'f', 2), least["planner"] + " sends least",
            digits(number(least)), digits(number(price)), percent(number(crosses))};
    }
    case 27: { // what a memory holds
        const PicturePtr picture = m_window->view("chart.cache_curves")->chartView()->chart()->picture();
        QString held;
        for (const Curve& curve : std::get<Curves>(picture->panels.front().layers.front()).curves) {
            if (curve.name.startsWith("5.1MiB: "))
                held = curve.name.mid(8);
        }
        QStringList facts{held};
        const QString capacity = held.section(' ', 0, 0);
        for (const char* policy : {"lru", "opt"})
            facts << percent(number(where(table("chart.cache_curves"), {{"policy", policy}, {"capacity", capacity}}).value(0),
                "hit_rate"));
        return facts;
    }
    default:
        return {};
    }
}

EXPERTSCOPE_TEST(TestQuestions)
#include "tst_questions.moc"
