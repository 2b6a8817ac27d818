// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/metrics/registry.h"
#include "analysis/study/request_text.h"
#include "io/base/named.h"
#include "tests/support/test_main.h"

using namespace expertscope;

class TestRequestText : public QObject
{
    Q_OBJECT

private slots:
    void metricsAndTheirParameters()
    {
        for (const char* text : {"load", "balance"}) {
            const auto metric = parseMetric(text);
            QVERIFY(metric && metric->name == text && metric->params.empty());
            QCOMPARE(metricText(*metric), std::string(text));
        }
        // Of every parameter of every metric its default, written as a user would.
        for (const MetricSpec& spec : metricRegistry()) {
            MetricRequest request{spec.name};
            for (const ParameterSpec& param : spec.params)
                request.params[param.name] = param.standard;
            const auto parsed = parseMetric(metricText(request));
            QVERIFY2(parsed, spec.name.c_str());
            QVERIFY(parsed->params == request.params);
        }
        const MetricRequest comma{"load", {{"x", "a,b"}, {"y", "c"}}};
        QCOMPARE(metricText(comma), std::string("load:x=a\\,b,y=c"));
    }

    void whichMetrics()
    {
        AnalysisOptions options;
        options.metrics = {"load", "balance", "load"};
        const auto checked = checkOptions(options, 1);
        QVERIFY(checked && checked->named);
        QCOMPARE(checked->question.metrics.size(), 2u);
        options.metrics = {"all"};
        QVERIFY(!checkOptions(options, 1)->named);
        QCOMPARE(checkOptions(options, 1)->question.metrics.size(), metricRegistry().size());
        options.metrics = {};
        const auto standard = checkOptions(options, 1);
        QVERIFY(standard);
        for (const MetricRequest& metric : standard->question.metrics) {
            const MetricSpec& spec = *named(metricRegistry(), metric.name);
            QVERIFY(!spec.onRequest && spec.minTraces == 1);
        }
        // Of several traces those that compare them are apart.
        options.metrics = {"load", "flip_rate"};
        const auto several = checkOptions(options, 2);
        QCOMPARE(several->question.metrics.size(), 1u);
        QCOMPARE(several->series.size(), 1u);
        QVERIFY(checkOptions(options, 1)->series.empty());
        // In parts.
        options.metrics = {"all"};
        const auto parts = checkOptions(options, 1, true);
        QVERIFY(parts && !parts->leftOut.empty());
        options.metrics = {parts->leftOut.front()};
        QVERIFY(!checkOptions(options, 1, true));
    }

    void thereAndBack()
    {
        AnalysisOptions options;
        options.metrics = {"srp:m=4/16", "load"};
        options.by = "domain";
        options.where = {"language=de", "x=a=b", "y=", "z!=a|b"};
        options.sites = "0-3,7";
        options.skipFirst = 3;
        options.bootstrap = 100;
        const auto checked = checkOptions(options, 1);
        QVERIFY2(checked, checked ? "" : checked.error().message().c_str());
        const Scope& scope = checked->question.scope;
        QCOMPARE(scope.where.size(), 3u);
        QCOMPARE(scope.where[1].value, std::string("a=b"));
        QCOMPARE(scope.where[2].value, std::string());
        QCOMPARE(scope.sites.size(), 5u);
        QCOMPARE(scope.skipFirst, 3u);
        const AnalysisOptions back = asOptions(*checked);
        QCOMPARE(back.metrics, options.metrics);
        QCOMPARE(back.where, options.where);
        QCOMPARE(back.sites, options.sites);
        QCOMPARE(back.by, options.by);
        QCOMPARE(back.skipFirst, options.skipFirst);
        QCOMPARE(back.bootstrap, options.bootstrap);
        for (const std::string phase : {"", "prompt", "decode"}) {
            options.phase = phase;
            QCOMPARE(asOptions(*checkOptions(options, 1)).phase, phase);
        }
        options.phase = "answer";
        QCOMPARE(checkOptions(options, 1).error().message(), std::string("--phase: 'answer' is none of prompt, decode"));
        QCOMPARE(describe(*checked),
            (NamedTexts{{"metrics", "srp:m=4/16 load"}, {"by", "domain"}, {"where", "language=de x=a=b y= z!=a|b"},
                {"sites", "0-3,7"}, {"skip_first", "3"}, {"bootstrap", "100"}}));
    }

    void sitesAndShards()
    {
        for (const char* text : {"3", "0-5", "0-3,7", "1,3,5-6"})
            QCOMPARE(sitesText(*parseSites(text)), std::string(text));
        QCOMPARE(sitesText(*parseSites("7,0-3,2")), std::string("0-3,7"));
        QCOMPARE(sitesText({}), std::string());
        for (const auto& [text, index, count] : {std::tuple{"1/1", 0u, 1u}, {"3/16", 2u, 16u}, {"65536/65536", 65535u, 65536u}}) {
            const auto shard = parseShard(text);
            QVERIFY2(shard, text);
            QCOMPARE(shard->index, index);
            QCOMPARE(shard->count, count);
        }
    }

    void wrongUse_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* what, const char* text, const char* message) {
            QTest::newRow(qPrintable(QString("%1 '%2'").arg(what, text))) << what << text << message;
        };
        row("metric", "loaf", "--metric: unknown metric 'loaf' (did you mean load? `expertscope metrics` lists them)");
        row("metric", "srp:m", "--metric: 'm' in 'srp:m' is no KEY=VALUE (such as srp:m=16, lists with '/': srp:m=4/16)");
        row("metric", "srp:=4", "--metric: '=4' in 'srp:=4' is no KEY=VALUE (such as srp:m=16, lists with '/': srp:m=4/16)");
        row("metric", "srp:m=4,m=5", "--metric: parameter 'm' is named twice in 'srp:m=4,m=5'");
        row("metric", "srp:m=x", "--metric: metric 'srp': parameter 'm': 'x' is no number");
        row("metric", "load:x=1", "--metric: metric 'load': no parameter 'x' (it has none)");
        for (const char* text : {"", "x", "1-", "-1", "3-1", "1,", ",1", "1-2-3", "70000"})
            row("sites", text, qPrintable(QString("--sites: '%1' is no list of sites (such as 3, 0-5 or 0-3,7)").arg(text)));
        row("layers", "3-1", "--layers: '3-1' is no list of layers (such as 3, 0-5 or 0-3,7)");
        for (const char* text : {"", "1", "/", "0/4", "5/4", "1/", "1/4x", "1/70000", "a/4"})
            row("shard", text,
                qPrintable(QString("--shard: '%1' is no part of a trace (1/16 is the first of 16 parts, 16/16 the last)").arg(text)));
        row("bootstrap", "1", "--bootstrap: 1 replicates (from 2 to 100000, 1000 is usual)");
        row("bootstrap", "100001", "--bootstrap: 100001 replicates (from 2 to 100000, 1000 is usual)");
    }
    void wrongUse()
    {
        QFETCH(QString, what);
        QFETCH(QString, text);
        QFETCH(QString, message);
        const std::string given = text.toStdString();
        AnalysisOptions options;
        std::optional<Error> error;
        const auto take = [&](const auto& result) {
            if (!result)
                error = result.error();
        };
        if (what == "metric")
            take(parseMetric(given));
        else if (what == "sites")
            take(parseSites(given));
        else if (what == "layers")
            take(parseLayers(given));
        else if (what == "shard")
            take(parseShard(given));
        else {
            options.bootstrap = text.toUInt();
            take(checkOptions(options, 1));
        }
        QVERIFY(error);
        QCOMPARE(QString::fromStdString(error->message()), message);
    }
};

EXPERTSCOPE_TEST(TestRequestText)
#include "tst_request_text.moc"
