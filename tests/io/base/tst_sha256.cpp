// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/sha256.h"
#include "tests/support/test_main.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QProcess>
#include <QTest>

#include <string_view>

using namespace expertscope;

namespace {

std::span<const std::byte> bytesOf(std::string_view text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

}

class TestSha256 : public QObject
{
    Q_OBJECT
private slots:
    /// The examples NIST publishes with FIPS 180-4.
    void publishedVectors_data()
    {
        QTest::addColumn<QByteArray>("message");
        QTest::addColumn<QByteArray>("digest");
        QTest::newRow("empty") << QByteArray()
                               << QByteArray("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        QTest::newRow("abc") << QByteArray("abc")
                             << QByteArray("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        QTest::newRow("448 bits") << QByteArray("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                                  << QByteArray("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        QTest::newRow("896 bits") << QByteArray(
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmno"
            "pqrsmnopqrstnopqrstu")
                                  << QByteArray("cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
        QTest::newRow("a million a") << QByteArray(1000000, 'a')
                                     << QByteArray("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }

    void publishedVectors()
    {
        QFETCH(QByteArray, message);
        QFETCH(QByteArray, digest);
        QCOMPARE(QByteArray::fromStdString(sha256Hex(bytesOf({message.data(), std::size_t(message.size())}))), digest);
    }

    /// On a CPU without instructions for it.
    void inPlainSteps()
    {
        QProcess plain;
        auto variables = QProcessEnvironment::systemEnvironment();
        variables.insert("EXPERTSCOPE_CPU_KERNELS", "baseline");
        plain.setProcessEnvironment(variables);
        plain.start(QCoreApplication::applicationFilePath(), {"tst_sha256", "publishedVectors", "anyLengthInAnyPieces"});
        QVERIFY(plain.waitForFinished(60000));
        QVERIFY2(plain.exitCode() == 0, plain.readAllStandardOutput().constData());
    }

    /// Every length round the block and padding boundaries, in one piece and in two, against Qt's own.
    void anyLengthInAnyPieces()
    {
        std::string text;
        for (int length = 0; length < 300; ++length) {
            const QByteArray expected =
                QCryptographicHash::hash(QByteArray::fromStdString(text), QCryptographicHash::Sha256).toHex();
            QCOMPARE(QByteArray::fromStdString(sha256Hex(bytesOf(text))), expected);
            for (const int cut : {length / 3, length / 2, length}) {
                Sha256 hash;
                hash.update(bytesOf(std::string_view(text).substr(0, cut)));
                (void)hash.hex(); // asking in between changes nothing
                hash.update(bytesOf(std::string_view(text).substr(cut)));
                QCOMPARE(QByteArray::fromStdString(hash.hex()), expected);
            }
            text += static_cast<char>(length * 37 + 11);
        }
    }
};

EXPERTSCOPE_TEST(TestSha256)
#include "tst_sha256.moc"
