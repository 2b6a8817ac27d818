// SPDX-License-Identifier: GPL-3.0-or-later
//
// Every metric against its independent restatement in Python (oracle/README.md): thousands of rows of the splitmix
// traces, of a slice of the demo and of a ragged trace, and of series.
#include "analysis/metrics/series.h"
#include "io/trace/trace_file.h"
#include "tests/support/memory_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <set>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

QString dataPath(const QString& name)
{
    return QStringLiteral(EXPERTSCOPE_TEST_DATA "/analysis/") + name;
}

QJsonObject readJson(const QString& name)
{
    QFile file(dataPath(name));
    return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object() : QJsonObject();
}

/// U, B or M with the labels and token ids that the oracle gives them.
std::unique_ptr<BlockSource> splitmixWithLabels(char kind)
{
    auto trace = std::make_unique<MemoryTrace>(splitmixTrace(kind, true));
    trace->addLabel("domain", {"a", "b", "c", "d", "a", "b", "c", "d"});
    trace->addLabel("language", {"en", "de", "en", "de", "en", "de", "en", "de"});
    trace->addLabel("parallel", {"p0", "p0", "p1", "p1", "p2", "p2", "p3", "p3"});
    trace->editShape().columns.tokenIds = true;
    for (std::uint64_t i = 0; i < trace->shape().numTokens; ++i)
        trace->tokenIds.push_back(static_cast<std::int32_t>(mix((std::uint64_t(1) << 41) + i) % 61));
    return trace;
}

std::unique_ptr<BlockSource> openTrace(const QString& name)
{
    if (name.size() == 1)
        return splitmixWithLabels(name[0].toLatin1());
    return TraceFile::open(dataPath(name + ".h5").toStdString()).value_or(nullptr);
}

/// What generate.py asked for beside the defaults.
std::vector<MetricRequest> requestsOf(const std::string& family, const std::string& lastValue)
{
    if (family == "consistency")
        return {{"srp"}, {"sch"}, {"sch_cover"}, {"sequence_cache"}, {"sequence_cache", {{"warm", "0"}, {"rho", "2"}}},
            {"lifetime"}, {"distinct", {{"window", "16/100"}}}, {"locality"}, {"hot_set"}};
    if (family == "pairs")
        return {{"coactivation"}, {"coactivation_adjacent"}, {"affinity"}, {"affinity", {{"distance", "2"}}},
            {"flow"}, {"flow", {{"distance", "2"}}}, {"flow_weights"}, {"flow_weights", {{"distance", "2"}}},
            {"mutual_information"}, {"mutual_information", {{"distance", "2"}}}, {"path"},
            {"path", {{"length", "3"}, {"step", "1"}, {"top", "5"}}}, {"fan_out", {{"gpus", "4/8"}}},
            {"predict"}, {"predict", {{"n", "16"}}}};
    if (family == "specialisation")
        return {{"specialisation"}, {"domain_cv"}, {"vocabulary", {{"ids", "input/next"}, {"n_min", "20"}, {"top", "1"}}},
            {"vocabulary", {{"ids", "input/next"}, {"n_min", "5"}, {"top", "0"}}}, {"spread", {{"n_min", "6"}}},
            {"spread", {{"n_min", "30"}}}, {"risk_difference", {{"tau", "0.05"}}},
            {"risk_difference", {{"reference", lastValue}}}, {"cofire"},
            {"cofire", {{"lift", "1.2"}, {"least", "3"}, {"support", "0.75"}}}, {"lexical"}, {"lexical", {{"groups", "40"}}},
            {"signature"}, {"signature", {{"sequences", "5"}}}, {"batched_difference"},
            {"batched_difference", {{"batch", "2"}, {"tau", "0.02"}}},
            {"stability",
                {{"list", "risk_difference/share"}, {"experts", "4"}, {"draws", "60"}, {"least", "0.8"}}}};
    if (family == "importance")
        return {{"esft"}, {"committee"}, {"uoe"}, {"mc_smoe"}, {"mc_smoe", {{"groups", "5"}}}, {"experts_per_token"},
            {"experts_per_token", {{"zero_from", "30"}}}};
    if (family == "balance")
        return {{"load"}, {"balance"}, {"repetition"}, {"router_entropy"}, {"top_k_mass"}, {"margin"},
            {"balance", {{"batch", "3"}}}};
    if (family == "probabilities")
        return {{"aux_loss"}, {"z_loss"}, {"effective_k"}, {"drop"}};
    return {{"divergence"}, {"divergence_ids"}};
}

std::string shown(const RowKey& key)
{
    const auto& [metric, params, site, expert, label, other] = key;
    std::string text = metric;
    for (const auto& [name, value] : params)
        text += " " + name + "=" + (value.index() ? std::get<1>(value) : std::to_string(std::get<0>(value)));
    text += " site " + std::to_string(site) + " expert " + std::to_string(expert) + " " + label.second;
    for (const auto& [name, value] : other)
        text += " " + name + ":" + value;
    return text;
}

ResultRow goldenRow(const QJsonObject& json)
{
    ResultRow row;
    row.metric = json["metric"].toString().toStdString();
    const QJsonObject params = json["params"].toObject(), label = json["label"].toObject(),
                      other = json["other"].toObject();
    for (auto it = params.begin(); it != params.end(); ++it) {
        if (it.value().isString())
            row.params[it.key().toStdString()] = it.value().toString().toStdString();
        else
            row.params[it.key().toStdString()] = it.value().toDouble();
    }
    if (json["site"].isDouble())
        row.site = SiteIndex(static_cast<std::uint16_t>(json["site"].toInt()));
    if (json["expert"].isDouble())
        row.expert = ExpertIndex(static_cast<std::uint16_t>(json["expert"].toInt()));
    if (!label.isEmpty())
        row.label = {label.begin().key().toStdString(), label.begin().value().toString().toStdString()};
    for (auto it = other.begin(); it != other.end(); ++it)
        row.other[it.key().toStdString()] = it.value().toVariant().toString().toStdString();
    if (json["value"].isDouble())
        row.value = json["value"].toDouble();
    row.n = std::uint64_t(json["n"].toDouble());
    return row;
}

/// Floats of the trace enter: read from f32, summed elsewhere in another order.
bool ofFloats(const std::string& metric)
{
    static const std::set<std::string> families{"router_entropy", "top_k_mass", "margin", "aux_loss", "z_loss",
        "effective_k", "divergence", "flow_weights", "esft", "committee", "uoe", "mc_smoe"};
    return families.contains(metric.substr(0, metric.find('.')));
}

class Comparison
{
public:
    explicit Comparison(const Results& results)
    {
        for (const ResultRow& row : results.rows) {
            ResultRow plain = row;
            plain.extreme = false; // here the place counts as well
            m_rows.try_emplace(keyOf(plain), row);
        }
        for (const ResultMatrix& matrix : results.matrices)
            m_matrices.push_back(&matrix);
    }

    /// Empty, or what is wrong.
    std::string check(const QJsonObject& json)
    {
        const ResultRow golden = goldenRow(json);
        if (json.contains("cell"))
            return checkCell(golden, json["cell"].toArray());
        const auto found = m_rows.find(keyOf(golden));
        const double slack = json["slack"].toDouble();
        if (!golden.value) {
            if (found == m_rows.end() || !found->second.value)
                return {};
            return shown(keyOf(golden)) + ": " + std::to_string(*found->second.value) + ", the oracle leaves it undefined";
        }
        if (found == m_rows.end())
            return shown(keyOf(golden)) + ": no such row";
        const ResultRow& row = found->second;
        if (!row.value)
            return shown(keyOf(golden)) + ": undefined (" + row.undefined + "), not " + std::to_string(*golden.value);
        ++compared;
        if (json.contains("n") && row.n != golden.n)
            return shown(keyOf(golden)) + ": n " + std::to_string(row.n) + ", not " + std::to_string(golden.n);
        return differs(*row.value, *golden.value, golden.metric, slack, keyOf(golden));
    }

    int compared = 0;

private:
    static std::string differs(
        double ours, double theirs, const std::string& metric, double slack, const RowKey& key)
    {
        const double allowed = slack * 1.001 + (ofFloats(metric) ? 1e-6 : 2e-11) * std::max(1.0, std::abs(theirs));
        if (std::abs(ours - theirs) <= allowed)
            return {};
        char text[100];
        std::snprintf(text, sizeof text, ": %.12g, not %.12g", ours, theirs);
        return shown(key) + text;
    }

    std::string checkCell(const ResultRow& golden, const QJsonArray& cell)
    {
        for (const ResultMatrix* matrix : m_matrices) {
            ResultRow row;
            row.metric = matrix->metric;
            row.params = matrix->params;
            row.site = matrix->site;
            row.label = matrix->label;
            row.other = matrix->other;
            if (keyOf(row) != keyOf(golden) || matrix->axes.size() != std::size_t(cell.size()))
                continue;
            std::size_t at = 0;
            for (std::size_t a = 0; a < matrix->axes.size(); ++a) {
                const auto& keys = matrix->axes[a].keys;
                const auto key = std::ranges::find(keys, cell[int(a)].toVariant().toString().toStdString());
                if (key == keys.end())
                    return golden.value ? shown(keyOf(golden)) + ": no such cell" : std::string();
                at = at * keys.size() + std::size_t(key - keys.begin());
            }
            ++compared;
            if (!golden.value || std::isnan(matrix->values[at]))
                return !golden.value && std::isnan(matrix->values[at]) ? std::string()
                                                                        : shown(keyOf(golden)) + ": cell undefined in one";
            return differs(matrix->values[at], *golden.value, golden.metric, 0, keyOf(golden));
        }
        return golden.value ? shown(keyOf(golden)) + ": no such matrix" : std::string();
    }

    std::map<RowKey, ResultRow> m_rows;
    std::vector<const ResultMatrix*> m_matrices;
};

class TestReference : public QObject
{
    Q_OBJECT
private slots:
    void families_data()
    {
        QTest::addColumn<QString>("trace");
        QTest::addColumn<QString>("family");
        for (const char* trace : {"U", "B", "M", "demo_slice", "ragged"}) {
            for (const char* family : {"consistency", "pairs", "specialisation", "importance", "balance", "probabilities",
                     "divergence"})
                QTest::addRow("%s %s", trace, family) << QString(trace) << QString(family);
        }
    }
    void families()
    {
        QFETCH(QString, trace);
        QFETCH(QString, family);
        const QJsonObject json = readJson(trace + '_' + family + ".json");
        const QJsonArray rows = json["rows"].toArray();
        QVERIFY(rows.size() > 10);
        const auto source = openTrace(trace);
        QVERIFY(source);
        std::string by = family == "divergence" ? "language" : json["by"].toString().toStdString();
        const auto& values = source->shape().label(by)->values;
        // Rows of other metrics for one value of a label: asked for by label, they come beside those of all.
        const bool compares = family == "specialisation" || family == "importance" || family == "divergence";
        if (!compares)
            by = trace == "demo_slice" ? "domain" : "";
        auto results = analyse(*source, requestsOf(family.toStdString(), values.back()), by, {});
        VERIFY_OK(results);
        report(*results, rows);
    }

    void series_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("splitmix") << QStringLiteral("UBM");
        QTest::newRow("formation") << QStringLiteral("formation");
    }
    void series()
    {
        QFETCH(QString, name);
        std::vector<std::unique_ptr<BlockSource>> sources;
        std::vector<std::string> names;
        if (name == "UBM") {
            for (const char kind : {'U', 'B', 'M'}) {
                sources.push_back(splitmixWithLabels(kind));
                names.emplace_back(1, kind);
            }
        } else {
            const std::filesystem::path folder = EXPERTSCOPE_SOURCE_DIR "/resources/demo/formation";
            std::set<std::filesystem::path> files;
            for (const auto& entry : std::filesystem::directory_iterator(folder)) {
                if (entry.path().extension() == ".h5")
                    files.insert(entry.path());
            }
            for (const auto& file : files) {
                auto trace = TraceFile::open(file);
                VERIFY_OK(trace);
                sources.push_back(std::move(*trace));
                names.push_back(file.stem().string());
            }
        }
        std::vector<BlockSource*> pointers;
        for (const auto& source : sources)
            pointers.push_back(source.get());
        AnalysisRequest request;
        request.metrics = {{"saturation"}, {"flip_rate"}, {"fluctuation"}, {"mismatch"}, {"replay"}};
        const auto results = analyseSeries(pointers, names, request);
        VERIFY_OK(results);
        report(*results, readJson(name + "_series.json")["rows"].toArray());
    }

private:
    static void report(const Results& results, const QJsonArray& rows)
    {
        Comparison comparison(results);
        std::map<std::string, int> wrong; // by metric
        for (const auto& row : rows) {
            const std::string problem = comparison.check(row.toObject());
            if (problem.empty())
                continue;
            if (++wrong[row.toObject()["metric"].toString().toStdString()] <= 3)
                qWarning("%s", problem.c_str());
        }
        int all = 0;
        for (const auto& [metric, count] : wrong) {
            qWarning("%s: %d rows differ", metric.c_str(), count);
            all += count;
        }
        QCOMPARE(all, 0);
        QVERIFY(comparison.compared > 10);
    }
};

}

EXPERTSCOPE_TEST(TestReference)
#include "tst_reference.moc"
