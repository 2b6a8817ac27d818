// SPDX-License-Identifier: GPL-3.0-or-later
//
// An analysis in parts: merged, it gives the bytes of the whole; parts that do not fit are refused by name.
#include "analysis/study/request_text.h"
#include "analysis/study/shard_file.h"
#include "cli_fixture.h"
#include "io/base/sha256.h"
#include "tests/support/test_main.h"

#include <QFile>

#include <set>

using namespace expertscope;
using namespace expertscope::testing;

class TestShardCli : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_trace, m_other;

    QString at(const QString& name) const { return m_folder.filePath(name); }
    QByteArray bytes(const QString& name) const
    {
        QFile file(at(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    void write(const QString& name, const QByteArray& content) const
    {
        QFile file(at(name));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
    }
    /// Parts 1 to n of the trace; their names.
    QStringList parts(int n, const QStringList& options, const QString& prefix)
    {
        QStringList names;
        for (int i = 1; i <= n; ++i) {
            names << at(QString("%1-%2.esp").arg(prefix).arg(i));
            const Outcome part =
                run(QStringList{"analyze", m_trace, "--shard", QString("%1/%2").arg(i).arg(n), "-o", names.last()}
                    + options);
            if (part.status != 0 || !part.out.isEmpty())
                qWarning("%s", part.err.constData());
        }
        return names;
    }

private slots:
    void initTestCase()
    {
        m_trace = at("trace M.h5");
        m_other = at("other.h5");
        writeTraceM(m_trace);
        writeTraceM(m_other, 'B');
    }

    void mergedEqualsWhole_data()
    {
        QTest::addColumn<int>("count");
        QTest::addColumn<QStringList>("options");
        QTest::newRow("one part") << 1 << QStringList{};
        QTest::newRow("three") << 3 << QStringList{};
        QTest::newRow("more parts than sequences") << 11 << QStringList{"--metric", "balance"};
        QTest::newRow("options") << 4
                                 << QStringList{"--metric", "load", "--metric", "repetition", "--by", "language",
                                        "--sites", "0-1,3", "--skip-first", "7", "--phase", "prompt", "--bootstrap", "20", "--where",
                                        "half=first"};
        QTest::newRow("by") << 2 << QStringList{"--by", "language"};
    }
    void mergedEqualsWhole()
    {
        QFETCH(int, count);
        QFETCH(QStringList, options);
        QStringList files = parts(count, options, "equal" + QString(QTest::currentDataTag()).left(3));
        std::reverse(files.begin(), files.end()); // any order
        // Metrics that go over the trace twice are in no part.
        QStringList named = options;
        if (!options.contains("--metric")) {
            for (const MetricSpec& spec : metricRegistry()) {
                if (!spec.twoPasses && !spec.onRequest && spec.minTraces == 1)
                    named << "--metric" << QString::fromStdString(spec.name);
            }
        }
        for (const QString format : {"--json", "--csv", "--latex"}) {
            const Outcome merged = run(QStringList{"merge", format} + files);
            const Outcome whole = run(QStringList{"analyze", m_trace, format, "--no-cache"} + named);
            QCOMPARE(merged.err, QByteArray());
            QCOMPARE(merged.status, 0);
            QCOMPARE(whole.status, 0);
            if (format != "--latex" || options == named)
                QCOMPARE(merged.out, whole.out);
        }
        QCOMPARE(run(QStringList{"merge", "-o", at("m.h5")} + files).status, 0);
        QCOMPARE(run(QStringList{"analyze", m_trace, "-o", at("w.h5")} + named).status, 0);
        QVERIFY(!bytes("m.h5").isEmpty());
        QCOMPARE(bytes("m.h5"), bytes("w.h5"));
    }

    void partsMustFit()
    {
        const QStringList three = parts(3, {"--metric", "load"}, "fit");
        const auto refused = [&](QStringList arguments, const QString& message) {
            const Outcome outcome = run(QStringList{"merge"} + arguments);
            QCOMPARE(outcome.status, 1);
            QCOMPARE(outcome.out, QByteArray());
            QVERIFY2(outcome.err.contains(message.toUtf8()) && outcome.err.count('\n') == 1, outcome.err.constData());
        };
        refused({three[0]}, "of 3 these are missing: 2-3");
        refused({three[0], three[2]}, "these are missing: 2");
        refused({three[0], three[1], three[1], three[2]}, "fit-2.esp: is part 2 again");
        refused(three + parts(2, {"--metric", "load"}, "two").mid(0, 1), "is one of 2 parts, not of 3");
        QStringList mixed = three;
        mixed[1] = parts(3, {"--metric", "load", "--skip-first", "1"}, "skip")[1];
        refused(mixed, "was made with other options");
        refused(three + QStringList{"--trace", m_other}, "other.h5: is not the trace that the parts are of");
        refused({m_trace}, "is no part of an analysis");
        refused({at("nothing.esp")}, "nothing.esp: ");
        refused({m_folder.path()}, "is no file");
        // The trace has moved; another of the same shape took its place.
        QVERIFY(QFile::rename(m_trace, at("moved.h5")));
        refused(three, "trace M.h5");
        QCOMPARE(run(QStringList{"merge", "--trace", at("moved.h5")} + three).status, 0);
        QVERIFY(QFile::copy(m_other, m_trace));
        refused(three, "is not the trace that the parts are of");
        QVERIFY(QFile::remove(m_trace) && QFile::rename(at("moved.h5"), m_trace));
    }

    void damagedParts()
    {
        parts(2, {"--metric", "repetition"}, "hurt");
        const QByteArray whole = bytes("hurt-1.esp");
        QVERIFY(whole.startsWith("ESPART\x1a\n"));
        const std::filesystem::path path = at("broken.esp").toStdString();
        for (qsizetype length = 0; length < whole.size(); length += 1 + whole.size() / 50) {
            write("broken.esp", whole.left(length));
            QVERIFY(!readShardFile(path));
        }
        for (qsizetype i = 0; i < whole.size(); i += 1 + whole.size() / 200) {
            QByteArray hurt = whole;
            hurt[i] = char(hurt[i] ^ 1);
            write("broken.esp", hurt);
            QVERIFY(!readShardFile(path));
        }
        write("broken.esp", whole + "x");
        QVERIFY(!readShardFile(path));
        // Well sealed lies: the checksum is right, the contents are not.
        const auto part = readShardFile(at("hurt-1.esp").toStdString());
        QVERIFY(part);
        const auto lie = [&](auto change, const QString& message) {
            ShardFile changed = *part;
            change(changed);
            QVERIFY(writeShardFile({path, shardKind(), {}, false}, changed));
            const Outcome outcome = run({"merge", at("broken.esp"), at("hurt-2.esp")});
            QCOMPARE(outcome.status, 1);
            QVERIFY2(outcome.err.contains(message.toUtf8()), outcome.err.constData());
        };
        lie([](ShardFile& f) { f.state.resize(f.state.size() / 2); }, "is not the state of such an analysis");
        lie([](ShardFile& f) { f.state += "x"; }, "is not the state of such an analysis");
        lie([](ShardFile& f) { f.options.metrics = {"loaf"}; }, "was made with other options");
        lie([](ShardFile& f) { f.shard = {70000, 70001}; }, "damaged header");
        lie([](ShardFile& f) { f.program = "9.9"; }, "was made by version 9.9");
        lie([](ShardFile& f) { f.uuid = "x"; }, "is of another trace");
        write("broken.esp", whole.left(12) + QByteArray(4, '\xff') + whole.mid(16));
        QVERIFY(!readShardFile(path));
    }

    void usedWronglyIsTwo_data()
    {
        QTest::addColumn<QStringList>("arguments");
        for (const char* shard : {"0/3", "4/3", "1/0", "1", "/", "1/", "a/b", "-1/3", "1/3x", "1/99999"})
            QTest::newRow(shard) << QStringList{"analyze", m_trace, QString("--shard=") + shard, "-o", at("x.esp")};
        QTest::newRow("no file") << QStringList{"analyze", m_trace, "--shard", "1/2"};
        QTest::newRow("format") << QStringList{"analyze", m_trace, "--shard", "1/2", "--json", "-o", at("x.esp")};
        QTest::newRow("two traces") << QStringList{"analyze", m_trace, m_other, "--shard", "1/2", "-o", at("x.esp")};
        QTest::newRow("no parts") << QStringList{"merge"};
        QTest::newRow("two formats") << QStringList{"merge", "x.esp", "--json", "--csv"};
        QTest::newRow("HDF5 nowhere") << QStringList{"merge", "x.esp", "--hdf5"};
        for (const MetricSpec& spec : metricRegistry()) {
            if (spec.twoPasses) {
                QTest::newRow("two passes") << QStringList{"analyze", m_trace, "--shard", "1/2", "-o", at("x.esp"),
                    "--metric", QString::fromStdString(spec.name)};
                break;
            }
        }
    }
    void usedWronglyIsTwo()
    {
        QFETCH(QStringList, arguments);
        const Outcome outcome = run(arguments);
        QCOMPARE(outcome.status, 2);
        QCOMPARE(outcome.out, QByteArray());
        QVERIFY(!outcome.err.isEmpty() && !QFile::exists(at("x.esp")));
    }
};

EXPERTSCOPE_TEST(TestShardCli)
#include "tst_shard_cli.moc"
