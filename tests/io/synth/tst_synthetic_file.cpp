// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a generator to a file and back, and `expertscope synth` as a user runs it.
#include "tests/io/synth/made.h"
#include "tests/support/test_main.h"

#include "io/synth/write_synthetic.h"
#include "io/trace/trace_file.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <bit>
#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

#define VERIFY_OK(expression)                                                                                          \
    do {                                                                                                               \
        auto&& verify_ok = (expression);                                                                               \
        QVERIFY2(verify_ok.has_value(), verify_ok ? "" : verify_ok.error().message().c_str());                         \
    } while (false)

namespace {

struct Outcome
{
    int status = -1;
    QByteArray out, err;
};

Outcome run(const QStringList& arguments)
{
    QProcess process;
    process.start(EXPERTSCOPE_BIN_DIR "/expertscope", QStringList{"synth"} + arguments);
    if (!process.waitForFinished(60000))
        return {};
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2, process.readAllStandardOutput(),
        process.readAllStandardError()};
}

/// The last of the JSON lines.
QJsonObject lastLine(const QByteArray& out)
{
    const auto lines = out.trimmed().split('\n');
    return QJsonDocument::fromJson(lines.last()).object();
}

}

class TestSyntheticFile : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    std::filesystem::path path(const char* name) const { return m_folder.filePath(name).toStdString(); }
    QString at(const char* name) const { return m_folder.filePath(name); }
    bool isEmpty() const { return QDir(m_folder.path()).isEmpty(); }

private slots:
    void cleanup()
    {
        for (const auto& file : QDir(m_folder.path()).entryList(QDir::Files))
            QFile::remove(m_folder.filePath(file));
    }

    void roundTrip_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("options");
        QTest::addRow("uniform") << "uniform"
                                 << "tokens=20000 length=3000 sites=3 labels=2 vocab=1000";
        QTest::addRow("uniform, long sequence") << "uniform"
                                                << "tokens=9000 length=0 sites=2 experts=300 top-k=1";
        QTest::addRow("planted") << "planted"
                                 << "sequences=40 length=200";
        QTest::addRow("markov in sequences") << "markov"
                                             << "tokens=10000 length=999 sites=5";
        QTest::addRow("W2") << "W2"
                            << "tokens=5000";
        QTest::addRow("U") << "U"
                           << "";
        QTest::addRow("B, all columns") << "B"
                                        << "logits=yes weights=yes";
        QTest::addRow("M, all columns, large") << "M"
                                               << "sequences=3 length=5000 sites=2 logits=yes weights=yes";
        QTest::addRow("one of one") << "uniform"
                                    << "tokens=1 sites=1 experts=1 top-k=1";
    }
    /// Every value of the file is the generator's (floats to 18 bits, as the format rounds them).
    void roundTrip()
    {
        QFETCH(QString, kind);
        QFETCH(QString, options);
        Options given;
        for (const auto& option : options.split(' ', Qt::SkipEmptyParts))
            given[option.section('=', 0, 0).toStdString()] = option.section('=', 1).toStdString();
        const auto name = kind.toStdString();
        const auto source = generator(name, given);
        SynthRequest request;
        request.output = path("t.h5");
        request.threads = 3;
        request.kind = name;
        request.parameters = given;
        std::uint64_t last = 0;
        request.progress = [&](std::uint64_t tokens) {
            QVERIFY(tokens > last);
            last = tokens;
        };
        VERIFY_OK(writeSynthetic(*source, request));
        QCOMPARE(last, source->shape().numTokens);

        auto file = TraceFile::open(request.output);
        VERIFY_OK(file);
        const auto& shape = (*file)->shape();
        const auto made = makeAll(name, given);
        QVERIFY((*file)->summary().complete);
        QCOMPARE(shape.numTokens, made.shape.numTokens);
        QVERIFY(shape.sites == made.shape.sites);
        QCOMPARE(shape.sequences.size(), made.shape.sequences.size());
        for (std::size_t s = 0; s < shape.sequences.size(); ++s) {
            QCOMPARE(shape.sequences[s].begin.value, made.shape.sequences[s].begin.value);
            QCOMPARE(shape.sequences[s].length, made.shape.sequences[s].length);
            QCOMPARE(shape.sequences[s].name, made.shape.sequences[s].name);
        }
        QCOMPARE(shape.labels.size(), made.shape.labels.size());
        for (std::size_t l = 0; l < shape.labels.size(); ++l) {
            QCOMPARE(shape.labels[l].name, made.shape.labels[l].name);
            QCOMPARE(shape.labels[l].codes, made.shape.labels[l].codes);
            QCOMPARE(shape.labels[l].values, made.shape.labels[l].values);
        }
        const TokenRange all{TokenIndex(0), TokenIndex(shape.numTokens)};
        const Columns everything{true, true, true, true, true};
        const auto* cells = dynamic_cast<const CellGenerator*>(source.get());
        BlockBuffer buffer, expected;
        for (std::uint16_t site = 0; site < shape.sites.size(); ++site) {
            const auto block = (*file)->read(SiteIndex(site), all, everything, buffer);
            VERIFY_OK(block);
            QVERIFY(std::ranges::equal(block->expertIds, made.ids[site]));
            QVERIFY(std::ranges::equal(block->tokenIds, made.tokenIds));
            if (!cells)
                continue;
            cells->fill(SiteIndex(site), all, everything, expected);
            const auto close = [](std::span<const float> a, const std::vector<float>& b, float most) {
                return std::ranges::equal(
                    a, b, [most](float x, float y) { return std::abs(x - y) <= most * std::abs(y); });
            };
            QVERIFY(close(block->weights, expected.weights, 3.9e-6f));
            QVERIFY(close(block->entropy, expected.entropy, 3.9e-6f));
            QVERIFY(close(block->margin, expected.margin, 3.9e-6f));
            QVERIFY(close(block->logits, expected.logits, 0));
        }
        if (made.tokenIds[0] >= 0)
            QCOMPARE(*(*file)->tokenBytes(made.tokenIds[0]), " w" + std::to_string(made.tokenIds[0]));
        const auto& attributes = (*file)->summary().provenance.attributes;
        QCOMPARE(attributes.at("synth"), name);
        if (given.contains("top-k"))
            QCOMPARE(attributes.at("synth_top_k"), given["top-k"]);
        QCOMPARE((*file)->summary().provenance.modelId, "synthetic " + name);
    }

    void badParameters_data()
    {
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<QString>("says");
        QTest::addRow("no experts") << "U --experts 0"
                                    << "--experts: needs a whole number from 1 to 65534, not '0'";
        QTest::addRow("k > E") << "W1 --top-k 65"
                               << "--top-k: a token cannot choose 65 of 64 experts";
        QTest::addRow("no slots") << "planted --top-k 0"
                                  << "--top-k: needs a whole number from 1 to 4096, not '0'";
        QTest::addRow("no tokens") << "uniform --tokens 0"
                                   << "--tokens: needs a whole number from 1 to 1000000000000";
        QTest::addRow("negative") << "uniform --tokens=-5"
                                  << "not '-5'";
        QTest::addRow("half a token") << "uniform --tokens 1.5"
                                      << "not '1.5'";
        QTest::addRow("words") << "uniform --tokens many"
                               << "not 'many'";
        QTest::addRow("not a number") << "markov --stay nan"
                                      << "--stay: needs a number from 0 to 1, not 'nan'";
        QTest::addRow("beyond") << "markov --stay 1.01"
                                << "--stay: needs a number from 0 to 1, not '1.01'";
        QTest::addRow("seed") << "markov --seed -1"
                              << "--seed: needs a whole number from 0 to 2^64 - 1, not '-1'";
        QTest::addRow("sites") << "markov --sites 16385"
                               << "--sites: needs a whole number from 1 to 16384";
        QTest::addRow("too long a sequence") << "W1 --tokens 5G"
                                             << "--length: a sequence has at most 4,294,967,295 tokens";
        QTest::addRow("too many sequences") << "uniform --tokens 1e12 --length 1"
                                            << "--length: 1000000000000 sequences";
        QTest::addRow("memory of ids") << "uniform --tokens 1e12"
                                       << "of memory, this machine has";
        QTest::addRow("memory of chunks") << "uniform --sites 16384 --experts 65534 --top-k 4096"
                                          << "of memory";
        QTest::addRow("memory of topics") << "markov --sites 16384 --experts 65534 --topics 65536"
                                          << "of memory";
        QTest::addRow("M wraps") << "M --sequences 1M --length 1M"
                                 << "--sequences: M is defined for at most 2^40";
        QTest::addRow("planted contradiction") << "planted --sequences 3"
                                               << "--sequences: 3 sequences cannot be shared";
    }
    void badParameters()
    {
        QFETCH(QString, arguments);
        QFETCH(QString, says);
        const auto outcome = run(arguments.split(' ') + QStringList{"-o", at("bad.h5")});
        QCOMPARE(outcome.status, 2);
        QVERIFY2(outcome.err.contains(says.toUtf8()), outcome.err.constData());
        QVERIFY(outcome.err.startsWith("expertscope synth: "));
        QCOMPARE(outcome.err.count('\n'), 1);
        QVERIFY(outcome.out.isEmpty());
        QVERIFY(isEmpty());
    }

    void wrongUsage()
    {
        for (const QStringList& arguments : {QStringList{}, {"V", "-o", at("x.h5")}, {"U"},
                 {"U", "-o", at("x.h5"), "--stay", "1"}, {"uniform", "-o", at("x.h5"), "--logits"}}) {
            const auto outcome = run(arguments);
            QCOMPARE(outcome.status, 2);
            QVERIFY(!outcome.err.isEmpty());
        }
        for (const QStringList& arguments : {QStringList{}, {"nonsense", "-o", at("x.h5")}, {"-o", at("x.h5")}})
            QVERIFY(run(arguments).err.contains("planted")); // says which kinds there are
        QVERIFY(run({"unifrom", "-o", at("x.h5")}).err.contains("did you mean uniform?"));
        QVERIFY(isEmpty());
        // An unknown name is not passed over in code either.
        QVERIFY(!makeSynthetic("U", {{"stay", "1"}}));
        QVERIFY(!makeSynthetic("V"));
        QVERIFY(!makeSynthetic("U", {{"length", ""}}));
    }

    void outputsThatCannotBe()
    {
        QCOMPARE(run({"U", "-o", m_folder.path()}).status, 1);
        QCOMPARE(run({"U", "-o", at("none/x.h5")}).status, 1);
        QCOMPARE(run({"U", "-o", at("u.h5")}).status, 0);
        auto again = run({"U", "-o", at("u.h5")});
        QCOMPARE(again.status, 1);
        QVERIFY(again.err.contains("exists already (--force replaces it)"));
        QCOMPARE(run({"B", "-o", at("u.h5"), "--force"}).status, 0);
        QCOMPARE(QString::fromStdString(TraceFile::summary(path("u.h5"))->provenance.modelId), "synthetic B");
        // What a killed run left is not taken for a capture.
        QFile(at("v.h5.part")).open(QIODevice::WriteOnly);
        again = run({"U", "-o", at("v.h5")});
        QCOMPARE(again.status, 1);
        QVERIFY(again.err.contains("--force starts anew"));
        QCOMPARE(run({"U", "-o", at("v.h5"), "--force"}).status, 0);
        // No disk holds this (and it is not begun).
        const auto huge = run({"uniform", "--tokens", "1G", "--length", "0", "--sites", "16384", "-o", at("w.h5")});
        QVERIFY(huge.status == 1 || huge.status == 2);
        QVERIFY(huge.err.contains(" GB"));
        QVERIFY(!QFile::exists(at("w.h5.part")));
    }

    void json()
    {
        const auto outcome = run({"planted", "--json", "-o", at("p.h5"), "--sequences", "1k", "--length", "1e1"});
        QCOMPARE(outcome.status, 0);
        const auto done = lastLine(outcome.out);
        QCOMPARE(done["event"].toString(), "done");
        QCOMPARE(done["kind"].toString(), "planted");
        QCOMPARE(done["tokens"].toInt(), 10000);
        QCOMPARE(done["sites"].toInt(), 4);
        QCOMPARE(done["sequences"].toInt(), 1000);
        QCOMPARE(done["bytes"].toInt(), int(QFile(at("p.h5")).size()));
        const auto expected = done["expected"].toArray();
        QCOMPARE(expected.size(), 9);
        QCOMPARE(expected[0].toObject()["metric"].toString(), "specialisation_top1.share");
        QVERIFY(std::abs(expected[0].toObject()["value"].toDouble() - (0.7 / 64 + 0.3 / 16)) < 1e-12);
        const auto failed = run({"planted", "--json", "-o", at("p.h5")});
        QCOMPARE(failed.status, 1);
        QCOMPARE(lastLine(failed.out)["event"].toString(), "error");
    }
};

EXPERTSCOPE_TEST(TestSyntheticFile)
#include "tst_synthetic_file.moc"
