// SPDX-License-Identifier: GPL-3.0-or-later
//
// Charts of curves tell the truth: each record of their tables is a row of the same request, each such row is drawn,
// and errors say what a trace lacks.
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/load_fixture.h"
#include "views/charts/wording.h"

#include <cmath>
#include <set>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

using Options = std::map<std::string, std::string>;

Expected<ChartPtr> draw(const std::string& chart, const Study& study, const Options& options, const Scope& scope = {})
{
    ES_ASSIGN(const ChartSpec* const spec, findChart(chart));
    ChartQuestion question;
    question.scope = scope;
    ES_ASSIGN(question.params, checkOptions(*spec, options));
    ES_ASSIGN(const ChartDataPtr data, spec->compute(study, question, {}));
    Look look;
    return spec->draw(data, question.params, look);
}

/// A table's records: column -> field.
std::vector<std::map<QByteArray, QByteArray>> recordsOf(const QByteArray& csv)
{
    std::vector<std::map<QByteArray, QByteArray>> records;
    QList<QByteArray> names;
    for (const QByteArray& line : csv.split('\n')) {
        if (line.startsWith('#') || line.isEmpty())
            continue;
        const auto fields = line.split(',');
        if (names.isEmpty()) {
            names = fields;
            continue;
        }
        auto& record = records.emplace_back();
        for (qsizetype i = 0; i < names.size(); ++i)
            record[names[i]] = fields[i];
    }
    return records;
}

std::string textOf(const ParameterValue& value)
{
    if (const double* number = std::get_if<double>(&value))
        return QByteArray::number(*number, 'g', 9).toStdString();
    return std::get<std::string>(value);
}

/// Whether a record is of the row: all that both name is the same.
bool isOf(const std::map<QByteArray, QByteArray>& record, const ResultRow& row)
{
    if (record.at("metric") != row.metric.c_str() || record.contains("site") != row.site.has_value()
        || (row.site && record.at("site").toInt() != row.site->value))
        return false;
    const auto is = [&](const std::string& name, const std::string& value) {
        const auto field = record.find(name == "n" ? "asked_n" : name.c_str());
        return field == record.end() || field->second.toStdString() == value;
    };
    return std::ranges::all_of(row.params, [&](const auto& param) { return is(param.first, textOf(param.second)); })
        && std::ranges::all_of(row.other, [&](const auto& other) { return is(other.first, other.second); })
        && (!row.label || is(row.label->first, row.label->second));
}

bool same(const QByteArray& field, std::optional<double> value)
{
    if (!value)
        return field.isEmpty();
    return !field.isEmpty() && std::abs(field.toDouble() - *value) <= 1e-8 * (1 + std::abs(*value));
}

/// A request, and the rows that a chart with these options is made of.
struct Truth
{
    const char* chart;
    Options options;
    MetricRequest metric;
    std::string by;
    std::string row; ///< ResultRow::metric
    std::string part; ///< of `other` that is looked at: rows with it, else those without
    bool sites = true; ///< rows of sites, else of the whole model
};

const std::vector<Truth>& truths()
{
    static const std::vector<Truth> all{
        {"balance", {{"quantity", "gini"}}, {"balance"}, "", "balance.gini", ""},
        {"divergence", {}, {"divergence_ids"}, "language", "divergence_ids.jsd", ""},
        {"divergence", {{"quantity", "d_hjs"}, {"reference", "en"}}, {"divergence", {{"reference", "en"}}}, "language",
            "divergence.d_hjs", ""},
        {"domain_cv", {{"m", "8"}}, {"domain_cv", {{"m", "8"}}}, "language", "domain_cv.mean", ""},
        {"domain_cv", {{"quantity", "jsd"}}, {"specialisation"}, "language", "specialisation.jsd", ""},
        {"vocabulary", {}, {"vocabulary"}, "", "vocabulary.specialisation", ""},
        {"vocabulary", {{"quantity", "normalised"}, {"ids", "next"}, {"by", "language"}},
            {"vocabulary", {{"ids", "next"}}}, "language", "vocabulary.normalised", ""},
        {"vocabulary", {{"quantity", "spread"}}, {"spread", {{"n_min", "20"}}}, "", "spread.token_id", ""},
        {"repetition", {{"quantity", "first"}, {"by", "language"}}, {"repetition"}, "language", "repetition.first", ""},
        {"lifetime", {{"over", "window"}}, {"distinct", {{"window", "4/16/64"}}}, "", "distinct.experts", "", false},
        {"lifetime", {{"quantity", "lru"}, {"rho", "3"}}, {"lifetime", {{"rho", "3"}}}, "", "lifetime.lru", ""},
        {"srp", {}, {"srp"}, "", "srp.value", "", false},
        {"srp", {{"over", "m_by_layer"}, {"quantity", "rho_hat"}}, {"srp"}, "", "srp.rho_hat", ""},
        {"srp", {{"over", "rho_hat"}, {"m", "4/8"}}, {"srp", {{"m", "4/8"}}}, "", "srp.value", ""},
        {"srp", {{"over", "layer"}, {"m", "4/8"}}, {"srp", {{"m", "4/8"}}}, "", "srp.value", ""},
        {"sch", {}, {"sch"}, "", "sch.hit_rate", "", false},
        {"sch", {{"quantity", "cover"}, {"rho", "1/2"}, {"over", "layer"}}, {"sch_cover", {{"rho", "1/2"}}}, "",
            "sch_cover.hit_rate", ""},
        {"sch", {{"quantity", "belady"}}, {"sequence_cache"}, "", "sequence_cache.belady", "", false},
        {"sharpness", {}, {"router_entropy"}, "", "router_entropy.mean", ""},
        {"sharpness", {{"quantity", "mass"}}, {"top_k_mass"}, "", "top_k_mass", ""},
        {"sharpness", {{"quantity", "effective_k"}, {"mass", "0.5"}}, {"effective_k", {{"mass", "0.5"}}}, "",
            "effective_k.mean", ""},
        {"sharpness", {{"quantity", "loss"}}, {"loss_correlation"}, "", "loss_correlation.entropy", ""},
        {"aux_loss", {}, {"aux_loss"}, "", "aux_loss.switch", ""},
        {"aux_loss", {{"quantity", "z_loss"}}, {"z_loss"}, "", "z_loss.mean", ""},
        {"drop", {}, {"drop", {{"cf", "1/1.25/1.5/2"}}}, "", "drop.ratio", "", false},
        {"drop", {{"over", "position"}, {"cf", "1"}}, {"drop", {{"cf", "1"}}}, "", "drop.ratio", "position", false},
        {"drop", {{"over", "position_by_layer"}, {"cf", "1/2"}}, {"drop", {{"cf", "1/2"}}}, "", "drop.ratio",
            "position"},
        {"drop", {{"over", "layer"}, {"quantity", "corpus"}}, {"drop", {{"cf", "1/1.25/1.5/2"}}}, "", "drop.corpus",
            ""},
        {"fan_out", {}, {"fan_out", {{"gpus", "2/4/8/16"}}}, "", "fan_out.gpus", "", false},
        {"fan_out", {{"quantity", "hops"}}, {"fan_out", {{"gpus", "2/4/8/16"}}}, "", "fan_out.top1_hops", "", false},
        {"predict", {{"quantity", "exact"}}, {"predict"}, "", "predict.exact", ""},
        {"predict", {{"over", "n"}, {"n", "1/2/4"}}, {"predict", {{"n", "1/2/4"}}}, "", "predict.recall", "", false},
    };
    return all;
}

Study studyOfScored(const std::shared_ptr<MemoryTrace>& trace)
{
    return expertscope::testing::studyOf({trace.get()});
}

}

class TestCurves : public QObject
{
    Q_OBJECT

private slots:
    void tablesAreRows_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < truths().size(); ++i)
            QTest::addRow("%zu %s", i, truths()[i].row.c_str()) << int(i);
    }
    void tablesAreRows()
    {
        QFETCH(int, index);
        const Truth& truth = truths()[std::size_t(index)];
        const auto trace = scoredTrace();
        const Study study = studyOfScored(trace);
        const auto chart = draw(truth.chart, study, truth.options);
        VERIFY_OK(chart);
        MetricQuestion question;
        question.metrics = {truth.metric};
        question.by = truth.by;
        const auto results = study.metrics(0, question);
        VERIFY_OK(results);
        std::vector<const ResultRow*> rows;
        const bool labelled = std::ranges::any_of(results->front()->rows,
            [&](const ResultRow& row) { return row.metric == truth.row && row.label.has_value(); });
        for (const ResultRow& row : results->front()->rows) {
            const bool part = truth.part.empty() ? !row.other.contains("position") : row.other.contains(truth.part);
            if (row.metric == truth.row && !row.expert && row.site.has_value() == truth.sites && part
                && row.label.has_value() == labelled)
                rows.push_back(&row);
        }
        QVERIFY(!rows.empty());
        const auto records = recordsOf((*chart)->csv());
        QCOMPARE(records.size(), rows.size());
        for (const ResultRow* row : rows) {
            const auto found = std::ranges::find_if(records, [&](const auto& record) { return isOf(record, *row); });
            QVERIFY(found != records.end());
            QCOMPARE(std::ranges::count_if(records, [&](const auto& record) { return isOf(record, *row); }), 1);
            QVERIFY2(same(found->at("value"), row->value), found->at("value").constData());
            QVERIFY(same(found->at("uniform"), row->uniform));
            QCOMPARE(found->at("n").toULongLong(), qulonglong(row->n));
            QCOMPARE(found->at("unit").toStdString(), row->unit);
            QCOMPARE(found->at("undefined").isEmpty(), row->undefined.empty());
        }
    }

    void quantitiesGetPanels()
    {
        const auto trace = scoredTrace();
        const Study study = studyOfScored(trace);
        const auto chart = draw("sharpness", study, {{"quantity", "entropy/margin/mass"}});
        VERIFY_OK(chart);
        const Picture& picture = *(*chart)->picture();
        QCOMPARE(picture.panels.size(), std::size_t(3));
        QCOMPARE(picture.panels[0].y.title, QString("Router entropy (nats)"));
        QCOMPARE(picture.panels[2].y.title, QString("Probability of the chosen experts"));
        QCOMPARE(recordsOf((*chart)->csv()).size(), std::size_t(18));
        // A mark of a panel is about its own quantity.
        QVERIFY((*chart)->readout(Mark{1, 0, 0, 2}).contains("margin of the choice"));
        QVERIFY((*chart)->readout(Mark{3, 0, 0, 0}).isEmpty());
        QCOMPARE((*chart)->marks(Subject{.site = SiteIndex(2)}).size(), std::size_t(5)); // uniform: entropy and mass
    }

    void bandsHoldNinetyPercentOfTheTokens()
    {
        const auto trace = scoredTrace();
        const Study study = studyOfScored(trace);
        for (const auto& [name, values] : {std::pair("margin", &trace->margin), std::pair("entropy", &trace->entropy)}) {
            const auto chart = draw("sharpness", study, {{"quantity", name}});
            VERIFY_OK(chart);
            const Curve& curve = std::get<Curves>((*chart)->picture()->panels[0].layers[0]).curves.front();
            QCOMPARE(curve.low.size(), values->size());
            for (std::size_t i = 0; i < values->size(); ++i) {
                std::vector<float> sorted = (*values)[i];
                std::ranges::sort(sorted);
                const double low = sorted[(sorted.size() + 19) / 20 - 1], high = sorted[(sorted.size() * 19 + 19) / 20 - 1];
                QVERIFY(std::abs(curve.low[i] - low) <= 0x1p-12 * std::abs(low));
                QVERIFY(std::abs(curve.high[i] - high) <= 0x1p-12 * std::abs(high));
                QVERIFY(curve.low[i] < curve.y[i] && curve.y[i] < curve.high[i]);
            }
        }
    }

    void bandsAreIntervalsWhereAskedFor()
    {
        const auto trace = scoredTrace();
        const Study study = studyOfScored(trace);
        const auto chart = draw("repetition", study, {{"bootstrap", "20"}});
        VERIFY_OK(chart);
        MetricQuestion question;
        question.metrics = {{"repetition"}};
        question.bootstrap = 20;
        const auto results = study.metrics(0, question);
        VERIFY_OK(results);
        const Curve& curve = std::get<Curves>((*chart)->picture()->panels[0].layers[0]).curves.front();
        QCOMPARE(curve.low.size(), std::size_t(6));
        for (const ResultRow& row : results->front()->rows) {
            if (row.metric == "repetition.overlap" && row.site) {
                QCOMPARE(curve.low[std::size_t(*row.site)], row.interval->first);
                QCOMPARE(curve.high[std::size_t(*row.site)], row.interval->second);
            }
        }
        QCOMPARE((*chart)->picture()->note, QString("Bands: 95 % intervals over sequences"));
        QVERIFY(!draw("repetition", study, {{"bootstrap", "1"}}));
    }

    void aScatterIsARowAgainstAnother()
    {
        const auto trace = scoredTrace();
        const Study study = studyOfScored(trace);
        const auto chart = draw("srp", study, {{"over", "rho_hat"}, {"m", "16"}});
        const auto sizes = draw("srp", study, {{"over", "layer"}, {"m", "16"}, {"quantity", "rho_hat"}});
        VERIFY_OK(chart);
        VERIFY_OK(sizes);
        const Curve& dots = std::get<Curves>((*chart)->picture()->panels[0].layers[0]).curves.front();
        QVERIFY(!dots.line);
        std::vector<double> x = dots.x, y = std::get<Curves>((*sizes)->picture()->panels[0].layers[0]).curves.front().y;
        std::ranges::sort(y);
        QCOMPARE(x, y);
    }

    void referencesAreRows()
    {
        const auto trace = scoredTrace();
        const Study study = studyOfScored(trace);
        MetricQuestion question;
        question.metrics = {{"srp"}, {"divergence_ids"}};
        question.by = "language";
        const auto results = study.metrics(0, question);
        VERIFY_OK(results);
        // The bound of switching all on lies below SRP, in a column of its own.
        const auto srp = draw("srp", study, {{"over", "layer"}, {"m", "16"}});
        VERIFY_OK(srp);
        for (const auto& record : recordsOf((*srp)->csv()))
            QVERIFY(record.at("lower_bound").toDouble() > 0
                && record.at("lower_bound").toDouble() <= record.at("value").toDouble());
        // The floor is the largest of the halves' divergences.
        const auto divergence = draw("divergence", study, {});
        VERIFY_OK(divergence);
        const auto& curves = std::get<Curves>((*divergence)->picture()->panels[0].layers[0]).curves;
        const auto floor = std::ranges::find(curves, QString("split halves, at most"), &Curve::name);
        QVERIFY(floor != curves.end() && floor->colour < 0);
        for (std::size_t site = 0; site < 6; ++site) {
            double largest = 0;
            for (const ResultRow& row : results->back()->rows) {
                if (row.metric == "divergence_ids.split_half_jsd" && row.site == SiteIndex(std::uint16_t(site)))
                    largest = std::max(largest, *row.value);
            }
            QVERIFY(largest > 0 && std::abs(floor->y[site] - largest) < 1e-12 && floor->high[site] == floor->y[site]
                && floor->low[site] == 0);
        }
    }

    void manyCurvesAreGrey()
    {
        const auto trace = scoredTrace(20, 16, 60);
        const auto chart = draw("srp", studyOfScored(trace), {{"over", "m_by_layer"}, {"m", "2/4/8"}});
        VERIFY_OK(chart);
        QCOMPARE((*chart)->picture()->note, QString("7 of 20 curves are in colour"));
        std::set<int> colours;
        int named = 0;
        for (const Curve& curve : std::get<Curves>((*chart)->picture()->panels[0].layers[0]).curves) {
            named += curve.colour >= 0 && !curve.name.isEmpty();
            if (curve.colour >= 0)
                colours.insert(curve.colour);
        }
        QCOMPARE(named, 7);
        QCOMPARE(colours.size(), std::size_t(8)); // and one grey
        const auto& first = std::get<Curves>((*chart)->picture()->panels[0].layers[0]).curves;
        QCOMPARE(first[0].name, QString("layer 1"));
        QCOMPARE(first[19].name, QString("layer 20"));
    }

    void aTrainingIsASeries()
    {
        const auto final = scoredTrace();
        auto early = scoredTrace();
        for (auto& ids : early->ids)
            for (auto& id : ids)
                id = std::uint16_t((id + 1) % 32);
        FigureSpec names = loadSpec();
        names.traces = {{"tokens-000000000.h5", {}}, {"tokens-000106496.h5", {}}};
        const Study study = expertscope::testing::studyOf({early.get(), final.get()}, names);
        const auto chart = draw("training", study, {});
        VERIFY_OK(chart);
        MetricQuestion question;
        question.metrics = {{"saturation"}};
        const auto series = study.series(question);
        VERIFY_OK(series);
        const auto records = recordsOf((*chart)->csv());
        QCOMPARE(records.size(), std::size_t(1));
        QCOMPARE(records[0].at("checkpoint"), QByteArray("0"));
        for (const ResultRow& row : series->front()->rows) {
            if (row.metric == "saturation.top_k" && !row.site)
                QVERIFY(same(records[0].at("value"), row.value));
        }
        QCOMPARE((*chart)->picture()->panels[0].x.title, "Checkpoint " + unbroken("(thousand tokens)"));
        const auto flips = draw("training", study, {{"quantity", "flips"}, {"over", "checkpoint_by_layer"}});
        VERIFY_OK(flips);
        for (const auto& record : recordsOf((*flips)->csv())) {
            QCOMPARE(record.at("checkpoint"), QByteArray("106496"));
            QCOMPARE(record.at("value"), QByteArray("1"));
        }
    }

    void theLifeOfAnExpertIsItsLoad()
    {
        const auto final = scoredTrace(), other = scoredTrace(6, 32, 150), small = scoredTrace(6, 16, 60);
        FigureSpec names = loadSpec();
        names.traces = {{"step-10.h5", {}}, {"step-30.h5", {}}};
        const Study study = expertscope::testing::studyOf({other.get(), final.get()}, names);
        const auto chart = draw("expert_life", study, {{"site", "1"}, {"measure", "share"}});
        VERIFY_OK(chart);
        const auto records = recordsOf((*chart)->csv());
        QCOMPARE(records.size(), std::size_t(2 * 7));
        for (const auto& record : records) {
            const std::size_t trace = record.at("trace") == "step-10" ? 0 : 1;
            QCOMPARE(record.at("checkpoint"), QByteArray(trace ? "30" : "10"));
            MetricQuestion question;
            question.metrics = {{"load"}};
            const auto results = study.metrics(trace, question);
            VERIFY_OK(results);
            const auto row = std::ranges::find_if(results->front()->rows, [&](const ResultRow& r) {
                return r.metric == "load.share" && r.site == SiteIndex(1)
                    && r.expert == ExpertIndex(std::uint16_t(record.at("expert").toUInt()));
            });
            QVERIFY(row != results->front()->rows.end());
            QVERIFY(same(record.at("value"), row->value));
        }
        QCOMPARE((*chart)->picture()->panels[0].x.title, "Checkpoint " + unbroken("(step)"));
        const auto mixed = draw("expert_life", expertscope::testing::studyOf({small.get(), final.get()}, names), {});
        QVERIFY(
            !mixed && mixed.error().message().find("has other experts at site 0 than step-10") != std::string::npos);
        const auto alone = draw("expert_life", studyOfScored(final), {});
        QVERIFY(!alone && alone.error().message().find("at least two traces") != std::string::npos);
    }

    void positionsAreShares()
    {
        const auto trace = scoredTrace();
        const Study study = studyOfScored(trace);
        const auto chart = draw("position", study, {{"site", "2"}, {"measure", "share"}, {"experts", "load"}});
        VERIFY_OK(chart);
        MetricQuestion question;
        question.metrics = {{"spread"}};
        const auto results = study.metrics(0, question);
        VERIFY_OK(results);
        const ResultMatrix& matrix = results->front()->matrices[2];
        QCOMPARE(matrix.site, std::optional(SiteIndex(2)));
        const auto records = recordsOf((*chart)->csv());
        QCOMPARE(records.size(), std::size_t(7 * 32));
        for (const auto& record : records) {
            const auto bin = std::size_t(std::lround(record.at("from").toDouble() * 32 / 100));
            const std::size_t expert = record.at("expert").toULongLong();
            QVERIFY(same(record.at("value"), matrix.values[bin * 32 + expert]));
        }
        QCOMPARE((*chart)->picture()->note, QString("7 of 32 experts, those chosen most"));
    }

    void errorsSayWhatIsMissing()
    {
        const auto plain = loadTrace(); // ids only, no label that pairs
        const Study study = studyOfScored(plain);
        const auto error = [&](const char* chart, const Options& options = {}) {
            const auto drawn = draw(chart, study, options);
            return drawn ? QString("drawn") : QString::fromStdString(drawn.error().message());
        };
        QCOMPARE(error("aux_loss"),
            QString(
                "trace: nothing to draw: the trace does not hold logits (expertscope capture --logits records them)"));
        QVERIFY(error("sharpness").contains("entropy, or logits (expertscope capture --logits"));
        QVERIFY(error("vocabulary").contains("token ids"));
        QVERIFY(error("position").contains("token ids"));
        QVERIFY(error("divergence").contains("'parallel'"));
        QVERIFY(error("training").contains("needs at least two traces"));
        QVERIFY(error("repetition", {{"by", "colour"}}).contains("colour"));
        QVERIFY(error("fan_out", {{"quantity", "hops"}, {"over", "layer"}}).contains("'layer'"));
        QVERIFY(error("position", {{"site", "6"}}).contains("there is no such site"));
        MemoryTrace bare(1, 4, 1); // nothing to compare
        bare.addSequence(2);
        bare.ids[0] = {0, 1};
        const auto none = draw("domain_cv", expertscope::testing::studyOf({&bare}), {});
        QVERIFY(!none && none.error().message().find("has no label with two values") != std::string::npos);
    }
};

EXPERTSCOPE_TEST(TestCurves)
#include "tst_curves.moc"
