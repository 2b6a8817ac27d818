// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/exchange/decompression.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace expertscope;

class TestDecompression : public QObject
{
    Q_OBJECT

    /// What comes out of a file of tests/data/prompts, in pieces of `piece` bytes.
    static Expected<std::string> unpacked(const std::string& name, std::size_t piece, const ExpansionLimits& limits)
    {
        const std::filesystem::path path = std::string(EXPERTSCOPE_TEST_DATA "/prompts/") + name;
        ES_ASSIGN(auto bytes, openBytes(path, std::uint64_t(1) << 30, nullptr));
        ES_ASSIGN(auto source, decompressed(std::move(bytes), name, limits));
        std::string all, part(piece, '\0');
        for (;;) {
            ES_ASSIGN(const std::size_t got, source->read(part));
            if (got == 0)
                return all;
            all.append(part, 0, got);
        }
    }

private slots:
    void piecesOfAnySizeJoin_data()
    {
        QTest::addColumn<QByteArray>("name");
        for (const char* name : {"members.txt.gz", "frames.txt.zst", "plain.txt", "long_window.txt.zst"})
            QTest::newRow(name) << QByteArray(name);
    }
    void piecesOfAnySizeJoin()
    {
        QFETCH(QByteArray, name);
        const auto plain = unpacked("plain.txt", 4096, {});
        VERIFY_OK(plain);
        for (const std::size_t piece : {1, 2, 7, 100, 1 << 20}) {
            const auto all = unpacked(name.toStdString(), piece, {});
            VERIFY_OK(all);
            QCOMPARE(*all, *plain);
        }
    }

    /// 8 MiB of zeros from a few hundred bytes: fine while it is little, refused when it would be much.
    void whatExpandsTooMuchIsRefused_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("gzip") << QByteArray("eight_mebibytes_of_zeros.gz");
        QTest::newRow("zstd") << QByteArray("eight_mebibytes_of_zeros.zst");
    }
    void whatExpandsTooMuchIsRefused()
    {
        QFETCH(QByteArray, name);
        const auto little = unpacked(name.toStdString(), 4096, {});
        VERIFY_OK(little);
        QCOMPARE(little->size(), std::size_t(8) << 20);
        const auto much = unpacked(name.toStdString(), 4096, {.freeBytes = 1 << 20, .factor = 100});
        QVERIFY(!much);
        QVERIFY2(much.error().message().find("expands to more than 100 times its size") != std::string::npos,
            much.error().message().c_str());
        const auto enough = unpacked(name.toStdString(), 4096, {.freeBytes = 1 << 20, .factor = 100000});
        VERIFY_OK(enough);
    }

    /// A frame that asks for more memory than it may.
    void aWindowThatIsTooLargeIsRefused()
    {
        const auto text = unpacked("long_window.txt.zst", 4096, {.windowLog = 10});
        QVERIFY(!text);
        QVERIFY2(text.error().what.starts_with("damaged zstd data: "), text.error().what.c_str());
    }
};

EXPERTSCOPE_TEST(TestDecompression)
#include "tst_decompression.moc"
