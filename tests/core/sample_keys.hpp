// SPDX-License-Identifier: MIT
// Public keys that ssh-keygen made for these tests, and two sk- keys put together from RFC 4251
// strings. None opens anything.
#pragma once

#include <string>

namespace dockhost::test {

inline const std::string ed25519_data =
    "AAAAC3NzaC1lZDI1NTE5AAAAIGqPkHCc+CF/x9v7yC/TPgteL+u6E82U58Xysf40PABD";
inline const std::string rsa2048_data =
    "AAAAB3NzaC1yc2EAAAADAQABAAABAQCpND2I8LlDkkraXP3iOO/DNpNGGuv/RHkjLtcn/"
    "3D1yrIqiNYJcFMcXxP7JKllcPYPJMdqfFaHMuW/"
    "I3qU+bJfK9kUC7F9avi1VZX0UH9NB8OwiP9uMMhMiZ6H1jzW8Zgu1d6ayAh9PkBmb3CEuTA6PKVg7zX371Z/LGwruw/"
    "8JR0nxAWmwxsuoZXkx3Lp9m5N6+mDJtr2pvxVCYZ3V+HGWawBa/"
    "9XVFAycwL73s3pWwVPpor++H6nzoasxZanY3faCFwzMfYi2nBuP9ohqaF98CKKJ4uPaVroDXvsDhovf2MwKwEnQsfF/"
    "NuBexpUeKMkk5fUN/8a1AfsQLEEMcM9";
inline const std::string rsa1024_data =
    "AAAAB3NzaC1yc2EAAAADAQABAAAAgQDszDBS8rZm8zH5XaEonHmN1kNut7KcjntfeVleHaOjY1Ms9kzHhS7JyO8195AgJf"
    "LIz79ouU6KvEEyzzIYQGcldUSPT/sZ+mmXi01Czp6O90Wa5F0j5K0DHyb5+rDX/rLnNnq9Ufjk1sHQajSvq1/"
    "cSezTLHtI1GJ956Fi5lErww==";
inline const std::string ecdsa256_data =
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBG0rD02Cq1cvUKCXDxq2IwNOcrPtiRzn+"
    "pGX4r3NgxpjnP0T/q65BoV2HdFXVuhiPSn2Pgf3a1opChGKHfsojis=";
inline const std::string ecdsa384_data =
    "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBDdB5PId6QdgN37OsAi8sX0evfwLzRDF3b9B/"
    "pGKIqwPjuDlAn5FWaefcDyD1fTcAMSAuhvEhKsMySQlFBFugUnOQr48GrmeXLT2hPRairzG3kLh2UGQ++BVHyL2d94IJg="
    "=";
inline const std::string ecdsa521_data =
    "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAD5iedV/"
    "wfIElxC6TyExmZj2b0ahJcWIaUVhJp4VsM57/"
    "4lwo7igymRdSkXyBMecd9aJs58MLohAp3Qtn7gkrwijADFaosNGmvpj63Wg7EqINqen0tIcOKB6N7rh9p//"
    "hF81yQT9hUycex9lyrlnRYIQCg0EhXoGC6u2M6KRDZ/SUvU1g==";
inline const std::string dsa_data =
    "AAAAB3NzaC1kc3MAAACBANW7UhCMR9fWczD72M+cBeZyQNl/G6ObtION1EBbHlF5Ey/YgZlWGu/"
    "15clFiUNTaPqiW15qxRMQUilj0XVzRJc5l5EMivjsWZ2KOaPLQ2yWvpxYcqKRJpTiSaPQrUNuXAzHa/"
    "bO0rxgiTNrVvB4fhhA8fcE0S00aGaHqa7othYrAAAAFQDC/bm8qtfSOvdYhoqN8AdbM/"
    "etBwAAAIEAl6AKwgC+UrPteF3S2vvOExeVeeMvcgClRB+7brqERxkLUb01zHbOm/"
    "fnhgV8b4gNeimFCHPMnEDU+"
    "8BcOV7Q47WO9Dk1DnAC4GZ7ZR2tLR0ztCwxyNfNjUsmQQG6l3iYRywtlCAmutBpUWx1tk4JzrXSTWc/"
    "yXWyg0ma1eLcyoIAAACAKKNj2lJkcPpijttPlQKZqTWOd8Vym07ucY1hv7bh9mAO6taKcZBXp3nPAUrgINTziQz93Ut5kA"
    "L9Hk4BHEMi7KbM0JtLD+C/qWVQJBiYpWe1PChTtKxLxDHAY6fb6AX4m8tqWI/kMXyF0M9GQYExMmAey64K0yk/"
    "t08e+8yyK8I=";
inline const std::string sk_ed25519_data = "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAABAgMEBQY"
                                           "HCAkKCwwNDg8QERITFBUWFxgZGhscHR4fAAAABHNzaDo=";
inline const std::string sk_ecdsa_data =
    "AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBG0rD02Cq1cvUKCXDxq2Iw"
    "NOcrPtiRzn+pGX4r3NgxpjnP0T/q65BoV2HdFXVuhiPSn2Pgf3a1opChGKHfsojisAAAAEc3NoOg==";
inline const std::string certificate_data =
    "AAAAKGVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgFM5rpHHZYIcPJBux03ub6Wu3DG0b96"
    "aoKfSip+xOyqUAAAAIbmlzdHAyNTYAAABBBG0rD02Cq1cvUKCXDxq2IwNOcrPtiRzn+pGX4r3NgxpjnP0T/"
    "q65BoV2HdFXVuhiPSn2Pgf3a1opChGKHfsojisAAAAAAAAAAAAAAAEAAAABeAAAAAgAAAAEcm9vdAAAAAAAAAAA///////"
    "///"
    "8AAAAAAAAAggAAABVwZXJtaXQtWDExLWZvcndhcmRpbmcAAAAAAAAAF3Blcm1pdC1hZ2VudC1mb3J3YXJkaW5nAAAAAAAA"
    "ABZwZXJtaXQtcG9ydC1mb3J3YXJkaW5nAAAAAAAAAApwZXJtaXQtcHR5AAAAAAAAAA5wZXJtaXQtdXNlci1yYwAAAAAAAA"
    "AAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACBqj5BwnPghf8fb+8gv0z4LXi/"
    "ruhPNlOfF8rH+NDwAQwAAAFMAAAALc3NoLWVkMjU1MTkAAABAf7L9Dpkd0syNLk8K/MiP/"
    "HWiInhK5RgO2J7PXXL6BuyonKNteR6qimi2OtoiZBiNNoksStKGOknDdR0b57CpCg==";

} // namespace dockhost::test
