namespace Cmp.Messages.Rules;

/// <summary>Where bodies stand in a transaction (RFC 9810 5.3).</summary>
internal static class BodyTypes
{
    /// <summary>Whether it begins a transaction.</summary>
    internal static bool Begins(this PkiBodyType type) => type is PkiBodyType.Ir or PkiBodyType.Cr or PkiBodyType.P10cr or PkiBodyType.Kur
        or PkiBodyType.Krr or PkiBodyType.Rr or PkiBodyType.Ccr or PkiBodyType.Genm;

    /// <summary>Whether it asks for certificates, so that confirmation is a question.</summary>
    internal static bool AsksForCertificates(this PkiBodyType type) => type is PkiBodyType.Ir or PkiBodyType.Cr or PkiBodyType.P10cr or PkiBodyType.Kur
        or PkiBodyType.Krr or PkiBodyType.Ccr;

    /// <summary>Whether it answers who asked for certificates.</summary>
    internal static bool BringsCertificates(this PkiBodyType type) => type is PkiBodyType.Ip or PkiBodyType.Cp or PkiBodyType.Kup or PkiBodyType.Krp or PkiBodyType.Ccp;

    /// <summary>Whether only a client sends it.</summary>
    internal static bool IsOfClient(this PkiBodyType type) => type.Begins() || type is PkiBodyType.CertConf or PkiBodyType.PollReq or PkiBodyType.Popdecr;

    /// <summary>Whether only a server sends it, in answer to something.</summary>
    internal static bool IsAnswer(this PkiBodyType type) => type.BringsCertificates() || type is PkiBodyType.Rp or PkiBodyType.Genp or PkiBodyType.PollRep or PkiBodyType.Popdecc;

    /// <summary>Whether it comes unasked, and belongs to no transaction.</summary>
    internal static bool IsAnnouncement(this PkiBodyType type) => type is PkiBodyType.Ckuann or PkiBodyType.Cann or PkiBodyType.Rann or PkiBodyType.Crlann;
}
