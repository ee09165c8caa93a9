using System.Collections.Generic;
using System.Linq;
using System.Reflection;

namespace Cmp.Messages.Rules;

/// <summary>
/// The rules that messages keep to: the one table that the decoder, the client, the strict test server and the inspector share. A section stands
/// nowhere else.
/// </summary>
/// <remarks>en-US/about_Cmp_Findings.md shows it to users, and a test holds the two together.</remarks>
public static class MessageRules
{
#pragma warning disable CS1591 // each rule is what its title says

    // the encoding, found while octets are read
    public static readonly MessageRule SyntaxMalformed = Base("Syntax.Malformed", "RFC 9810 5.1", "A message decodes.", FailInfo.BadDataFormat);
    public static readonly MessageRule DerLength = Note("DER.Length", "X.690 10.1", "A length has as few octets as it can.");
    public static readonly MessageRule DerInteger = Note("DER.Integer", "X.690 8.3.2", "An INTEGER has as few octets as it can.");
    public static readonly MessageRule DerBoolean = Note("DER.Boolean", "X.690 11.1", "A BOOLEAN is 00 or FF.");
    public static readonly MessageRule DerNamedBits = Note("DER.NamedBits", "X.690 11.2.2", "A list of named bits does not end with zeros.");
    public static readonly MessageRule SyntaxNamedBits = Note("Syntax.NamedBits", "X.680 22", "A list of named bits has no more bits than are named.");
    public static readonly MessageRule SyntaxEmptyList = Note("Syntax.EmptyList", "X.680 51.5", "A list of SIZE (1..MAX) holds something; what is optional and empty is left out.");
    public static readonly MessageRule SyntaxUtf8 = Note("Syntax.Utf8", "RFC 3629 3", "A UTF8String is UTF-8.");
    public static readonly MessageRule SyntaxTime = Note("Syntax.Time", "RFC 5280 4.1.2.5.2", "A GeneralizedTime has the form YYYYMMDDHHMMSSZ.");

    // header: version
    public static readonly MessageRule HeaderPvno = Base("Header.Pvno", "RFC 9810 5.1.1", "pvno is 1 (cmp1999), 2 (cmp2000) or 3 (cmp2021).", FailInfo.UnsupportedVersion);
    public static readonly MessageRule HeaderPvnoProfile = Profile("Header.PvnoProfile", "RFC 9483 3.5", "pvno is 2 or 3.", FailInfo.UnsupportedVersion);
    public static readonly MessageRule HeaderPvnoTooLow = Base("Header.PvnoTooLow", "RFC 9810 7", "What only cmp2021 has is said in pvno 3: EnvelopedData, hashAlg, agreeMAC, encryptedKey, encryptedRand, RootCaKeyUpdateContent.", FailInfo.BadDataFormat);
    public static readonly MessageRule HeaderPvnoCentralKey = Profile("Header.PvnoCentralKey", "RFC 9483 4.1.6", "Who asks the CA to make the key says pvno 3, for the key comes in an EnvelopedData.", FailInfo.BadRequest);
    public static readonly MessageRule HeaderPvnoTooHigh = ProfileHint("Header.PvnoTooHigh", "RFC 9483 3.1", "A request that needs nothing of cmp2021 says pvno 2.");
    public static readonly MessageRule BodyCmp1999 = Base("Body.Cmp1999", "RFC 9810 7.1", "cmp1999 (pvno 1) has no certConf, no pollReq and no pollRep.", FailInfo.BadRequest);
    public static readonly MessageRule BodyUnknown = Base("Body.Unknown", "RFC 9810 5.1.2", "The body has one of the tags 0 to 26.", FailInfo.BadRequest);

    // header: names, identifiers, nonces, time
    public static readonly MessageRule HeaderSenderForm = Profile("Header.SenderForm", "RFC 9483 3.1", "The sender of a message that is not under a shared secret is a directoryName, the subject of its certificate.", FailInfo.BadMessageCheck);
    public static readonly MessageRule HeaderNullSender = Base("Header.NullSender", "RFC 9810 5.1.1", "A sender without a name names its key or secret by senderKID.", FailInfo.BadMessageCheck);
    public static readonly MessageRule HeaderSenderKid = Note("Header.SenderKid", "RFC 9810 5.1.1", "A protected message names its key or secret by senderKID.");
    public static readonly MessageRule HeaderSenderReference = Profile("Header.SenderReference", "RFC 9483 4.1.5", "Under a shared secret the common name of the sender is the reference, and senderKID the same.", FailInfo.BadMessageCheck);
    public static readonly MessageRule HeaderSenderKidSigner = Profile("Header.SenderKidSigner", "RFC 9483 3.1", "Under a signature senderKID is the subject key identifier of the certificate that signs.", FailInfo.BadMessageCheck);
    public static readonly MessageRule HeaderMessageTimeForm = Note("Header.MessageTimeForm", "RFC 9810 5.1.1", "messageTime is a GeneralizedTime.");
    public static readonly MessageRule HeaderMessageTime = Profile("Header.MessageTime", "RFC 9483 3.5", "messageTime is close to the receiver's time.", FailInfo.BadTime);
    public static readonly MessageRule HeaderTransactionId = Profile("Header.TransactionId", "RFC 9483 3.5", "There is a transactionID.", FailInfo.BadDataFormat);
    public static readonly MessageRule HeaderTransactionIdNeeded = Base("Header.TransactionIdNeeded", "RFC 9810 5.1.1", "Messages that go on with a transaction, and those with a KEM ciphertext, have its transactionID.", FailInfo.BadDataFormat);
    public static readonly MessageRule HeaderTransactionIdLength = Profile("Header.TransactionIdLength", "RFC 9483 3.1", "A transactionID has 128 bits.", FailInfo.BadDataFormat);
    public static readonly MessageRule HeaderSenderNonce = Profile("Header.SenderNonce", "RFC 9483 3.5", "There is a senderNonce, of 128 bits at least.", FailInfo.BadSenderNonce);
    public static readonly MessageRule HeaderSenderNonceFresh = Base("Header.SenderNonceFresh", "RFC 9810 5.1.1", "senderNonce is fresh: it does not repeat recipNonce.", FailInfo.BadSenderNonce);
    public static readonly MessageRule HeaderRecipNonce = Profile("Header.RecipNonce", "RFC 9483 3.5", "Every message but the first has a recipNonce.", FailInfo.BadRecipientNonce);
    public static readonly MessageRule HeaderRecipNonceFirst = Profile("Header.RecipNonceFirst", "RFC 9483 3.1", "The first message of a transaction has no recipNonce.", FailInfo.BadRecipientNonce);

    // header: generalInfo
    public static readonly MessageRule InfoUnknown = Hint("Info.Unknown", "RFC 9810 5.1.1", "generalInfo holds an item of a type that is not known here.");
    public static readonly MessageRule InfoDoubled = Note("Info.Doubled", "RFC 9810 5.1.1", "generalInfo holds an item of each type once.");
    public static readonly MessageRule InfoValue = Base("Info.Value", "RFC 9810 5.3.19", "The value of an item of generalInfo is of the syntax of its type.", FailInfo.BadDataFormat);
    public static readonly MessageRule ImplicitConfirmPlace = Profile("ImplicitConfirm.Place", "RFC 9483 3.1", "implicitConfirm belongs into requests for certificates and their answers.", FailInfo.BadRequest);
    public static readonly MessageRule ConfirmWaitTimePlace = Profile("ConfirmWaitTime.Place", "RFC 9483 3.1", "confirmWaitTime belongs into answers to requests for certificates.", FailInfo.BadRequest);
    public static readonly MessageRule ConfirmWaitTimeImplicit = Profile("ConfirmWaitTime.Implicit", "RFC 9483 3.1", "Where implicitConfirm is granted there is no confirmWaitTime.", FailInfo.BadRequest);
    public static readonly MessageRule ConfirmWaitTimeMessageTime = Profile("ConfirmWaitTime.MessageTime", "RFC 9483 3.1", "A message with confirmWaitTime has a messageTime.", FailInfo.MissingTimeStamp);
    public static readonly MessageRule ConfirmWaitTimeMissing = ProfileHint("ConfirmWaitTime.Missing", "RFC 9483 3.1", "An answer that wants a certConf says by confirmWaitTime how long it is waited for.");
    public static readonly MessageRule CertProfileForm = Base("CertProfile.Form", "RFC 9810 5.1.1.4", "certProfile is a sequence of names, also where there is one.", FailInfo.BadDataFormat);
    public static readonly MessageRule CertProfileCount = Base("CertProfile.Count", "RFC 9810 5.1.1.4", "certProfile holds no more names than the body has requests, and one for a PKCS #10.", FailInfo.BadDataFormat);
    public static readonly MessageRule CertProfileOne = Profile("CertProfile.One", "RFC 9483 3.1", "certProfile holds one name.", FailInfo.BadDataFormat);
    public static readonly MessageRule CertProfilePlace = Profile("CertProfile.Place", "RFC 9483 3.1", "certProfile belongs into requests for certificates and for request templates.", FailInfo.BadRequest);
    public static readonly MessageRule OrigPkiMessageCount = Base("OrigPkiMessage.Count", "RFC 9810 5.1.1.3", "origPKIMessage holds one message, or in a nested message as many as its body.", FailInfo.BadDataFormat);

    // protection and extraCerts
    public static readonly MessageRule ProtectionMissing = Profile("Protection.Missing", "RFC 9483 3.5", "Every message is protected, but errors where that is not possible.", FailInfo.WrongIntegrity);
    public static readonly MessageRule ProtectionError = Note("Protection.Error", "RFC 9810 5.3.21", "An error message is protected: else anybody can have said it.");
    public static readonly MessageRule ProtectionAlg = Base("Protection.Alg", "RFC 9810 5.1.1", "protectionAlg is there where protection is, and only there.", FailInfo.BadMessageCheck);
    public static readonly MessageRule ProtectionUnusedBits = Base("Protection.UnusedBits", "RFC 9810 5.1.3", "The protection ends at a whole octet.", FailInfo.BadMessageCheck);
    public static readonly MessageRule ProtectionWeakSignature = Base("Protection.WeakSignature", "RFC 9481 3", "A message is not signed with MD5, SHA-1 or DSA.", FailInfo.BadAlg);
    public static readonly MessageRule ProtectionDoesNotVerify = Base("Protection.DoesNotVerify", "RFC 9810 5.1.3.3", "A signature verifies under the key of the sender.", FailInfo.BadMessageCheck);
    public static readonly MessageRule MacParameters = Base("Mac.Parameters", "RFC 9810 5.1.3.1", "protectionAlg has the parameters of its MAC.", FailInfo.BadDataFormat);
    public static readonly MessageRule MacIterations = Base("Mac.Iterations", "RFC 4211 4.4", "The iterationCount of PasswordBasedMac is 100 or more.", FailInfo.BadAlg);
    public static readonly MessageRule MacFewIterations = Hint("Mac.FewIterations", "RFC 9045 3", "The iterationCount is as large as the peers can bear, 10 000 or more.");
    public static readonly MessageRule MacSalt = Note("Mac.Salt", "RFC 4211 4.4", "The salt has 8 octets or more.");
    public static readonly MessageRule MacSha1 = Profile("Mac.Sha1", "RFC 9045 3", "A MAC does not rest on MD5 or SHA-1.", FailInfo.BadAlg);
    public static readonly MessageRule MacDerivation = Base("Mac.Derivation", "RFC 8018 7.1", "The key of PBMAC1 is derived by PBKDF2.", FailInfo.BadAlg);
    public static readonly MessageRule ExtraCertsMissing = Profile("ExtraCerts.Missing", "RFC 9483 3.3", "The first signed message and the first signed answer bring the certificate that signs in extraCerts.", FailInfo.BadMessageCheck);
    public static readonly MessageRule ExtraCertsSignerFirst = Profile("ExtraCerts.SignerFirst", "RFC 9483 3.3", "The first of the extraCerts is the certificate that signs: the one with the sender's name and key identifier.", FailInfo.BadMessageCheck);
    public static readonly MessageRule ExtraCertsOrder = ProfileHint("ExtraCerts.Order", "RFC 9483 3.3", "The certificate that issued the signer's follows it in extraCerts.");
    public static readonly MessageRule ExtraCertsSelfSigned = ProfileHint("ExtraCerts.SelfSigned", "RFC 9483 3.3", "Self-signed certificates are left out of extraCerts: nobody trusts them for being there.");
    public static readonly MessageRule ExtraCertsChain = ProfileHint("ExtraCerts.Chain", "RFC 9483 4.1.1", "An answer with a certificate brings the certificates that issued it in extraCerts.");
    public static readonly MessageRule CertificateSyntax = Base("Certificate.Syntax", "RFC 5280 4.1", "A certificate is an X.509 certificate.", FailInfo.BadDataFormat);

    // requests for certificates
    public static readonly MessageRule RequestCount = Profile("Request.Count", "RFC 9483 4.1.1", "A message holds one request.", FailInfo.BadRequest);
    public static readonly MessageRule RequestId = Profile("Request.Id", "RFC 9483 4.1.1", "The certReqId is 0.", FailInfo.BadRequest);
    public static readonly MessageRule RequestIdDoubled = Base("Request.IdDoubled", "RFC 4211 5", "Each request of a message has a certReqId of its own.", FailInfo.BadRequest);
    public static readonly MessageRule TemplateVersion = Base("Template.Version", "RFC 4211 5", "The version of a template is 2 (v3), where it is said.", FailInfo.BadCertTemplate);
    public static readonly MessageRule TemplateReserved = Base("Template.Reserved", "RFC 4211 5", "serialNumber, signingAlg, issuerUID and subjectUID are not the requester's to ask for.", FailInfo.BadCertTemplate);
    public static readonly MessageRule TemplateEmptyValidity = Note("Template.EmptyValidity", "RFC 4211 5", "A validity names its beginning, its end, or both.");
    public static readonly MessageRule TemplateValidity = Base("Template.Validity", "RFC 5280 4.1.2.5", "The validity that is asked for begins before it ends.", FailInfo.BadCertTemplate);
    public static readonly MessageRule TemplateSubject = Profile("Template.Subject", "RFC 9483 4.1.1", "A template has a subject, be it the NULL-DN.", FailInfo.BadCertTemplate);
    public static readonly MessageRule TemplateNoName = Profile("Template.NoName", "RFC 9483 4.1.1", "A request names somebody, by a subject or by alternative names.", FailInfo.BadCertTemplate);
    public static readonly MessageRule TemplateAltNameCritical = Note("Template.AltNameCritical", "RFC 5280 4.2.1.6", "Alternative names that stand for the subject are critical.");
    public static readonly MessageRule TemplateEmptyAltName = Base("Template.EmptyAltName", "RFC 5280 4.2.1.6", "subjectAltName holds a name.", FailInfo.BadCertTemplate);
    public static readonly MessageRule ExtensionsDoubled = Base("Extensions.Doubled", "RFC 5280 4.2", "An extension is there once.", FailInfo.BadCertTemplate);
    public static readonly MessageRule TemplateCentralKey = Profile("Template.CentralKey", "RFC 9483 4.1.1", "A request without a public key has no proof of possession: the CA makes the key.", FailInfo.BadCertTemplate);
    public static readonly MessageRule ControlValue = Base("Control.Value", "RFC 4211 6", "The value of a control is of the syntax of its type.", FailInfo.BadDataFormat);
    public static readonly MessageRule UpdateProtection = Profile("Update.Protection", "RFC 9483 4.1.3", "The certificate to be updated signs its kur.", FailInfo.WrongIntegrity);
    public static readonly MessageRule UpdateOldCertId = ProfileHint("Update.OldCertId", "RFC 9483 4.1.3", "A kur names the certificate to be updated by oldCertID.");
    public static readonly MessageRule UpdateName = Profile("Update.Name", "RFC 9483 4.1.3", "An update leaves the subject and its alternative names as they are.", FailInfo.BadCertTemplate);
    public static readonly MessageRule Pkcs10Version = Base("Pkcs10.Version", "RFC 2986 4.1", "The version of a PKCS #10 request is 0 (v1).", FailInfo.BadDataFormat);
    public static readonly MessageRule CrossCount = Base("Cross.Count", "RFC 9810 D.6", "A message asks for one cross-certificate.", FailInfo.BadRequest);
    public static readonly MessageRule CrossProtection = Base("Cross.Protection", "RFC 9810 D.6", "A ccr is signed.", FailInfo.WrongIntegrity);
    public static readonly MessageRule CrossTemplate = Base("Cross.Template", "RFC 9810 D.6", "A ccr says all but the serial number: version, signingAlg, issuer, both ends of the validity, subject and publicKey.", FailInfo.BadCertTemplate);

    // proof of possession
    public static readonly MessageRule PopMissing = Profile("Pop.Missing", "RFC 9483 4.1.1", "A request with a public key has a proof of possession.", FailInfo.BadPOP);
    public static readonly MessageRule PopSignature = Profile("Pop.Signature", "RFC 9483 4.1.1", "A key that can sign proves possession by a signature.", FailInfo.BadPOP);
    public static readonly MessageRule PopUnusedBits = Base("Pop.UnusedBits", "RFC 4211 4.1", "A signature that proves possession ends at a whole octet.", FailInfo.BadPOP);
    public static readonly MessageRule PopInput = Base("Pop.Input", "RFC 9810 5.2.8.2", "A template with subject and public key is signed itself: there is no poposkInput.", FailInfo.BadPOP);
    public static readonly MessageRule PopInputProfile = Profile("Pop.InputProfile", "RFC 9483 4.1.1", "There is no poposkInput.", FailInfo.BadPOP);
    public static readonly MessageRule PopInputMissing = Base("Pop.InputMissing", "RFC 9810 5.2.8.2", "Where the template lacks subject or public key, poposkInput is signed in its place.", FailInfo.BadPOP);
    public static readonly MessageRule PopInputKey = Base("Pop.InputKey", "RFC 4211 4.1", "The key in poposkInput is that of the template.", FailInfo.BadPOP);
    public static readonly MessageRule PopInputSender = Base("Pop.InputSender", "RFC 4211 4.1", "The sender in poposkInput is the one who signed the message; under a shared secret publicKeyMAC stands in its place.", FailInfo.BadPOP);
    public static readonly MessageRule PopAlgorithm = Base("Pop.Algorithm", "RFC 4211 4.1", "The algorithm of the proof is one of the key that is to be certified.", FailInfo.BadPOP);
    public static readonly MessageRule PopWeakSignature = Base("Pop.WeakSignature", "RFC 9481 3", "Possession is not proven with MD5, SHA-1 or DSA.", FailInfo.BadAlg);
    public static readonly MessageRule PopRaVerified = Hint("Pop.RaVerified", "RFC 9810 5.2.8.1", "Only a registration authority may say raVerified.", FailInfo.NotAuthorized);
    public static readonly MessageRule PopDeprecated = Note("Pop.Deprecated", "RFC 9810 5.2.8.3", "thisMessage and dhMAC are deprecated: encryptedKey and agreeMAC stand in their place.");
    public static readonly MessageRule PopDoesNotVerify = Base("Pop.DoesNotVerify", "RFC 4211 4.1", "A signature that proves possession verifies under the key of its request.", FailInfo.BadPOP);
    public static readonly MessageRule ChallengeEmpty = Base("Challenge.Empty", "RFC 9810 5.2.8.3.3", "popdecc holds a challenge, and popdecr a number.", FailInfo.BadRequest);
    public static readonly MessageRule ChallengeOwf = Base("Challenge.Owf", "RFC 9810 F", "The first challenge names its digest (owf).", FailInfo.BadDataFormat);
    public static readonly MessageRule ChallengeForm = Base("Challenge.Form", "RFC 9810 5.2.8.3.3", "In pvno 3 a challenge is in encryptedRand and its field challenge is empty, before that the other way round.", FailInfo.BadDataFormat);

    // what is encrypted, wherever it stands
    public static readonly MessageRule EnvelopeSyntax = Base("Envelope.Syntax", "RFC 9810 5.2.2", "What is encrypted stands in an EnvelopedData or an EncryptedValue, which decodes.", FailInfo.BadDataFormat);
    public static readonly MessageRule EnvelopeRecipients = Base("Envelope.Recipients", "RFC 9810 5.2.2", "An EnvelopedData is for one recipient.", FailInfo.BadRequest);
    public static readonly MessageRule EnvelopeRecipientKind = Base("Envelope.RecipientKind", "RFC 9810 5.2.2", "Who opens an EnvelopedData decrypts, agrees or takes an encapsulated secret by his key, or has a password.", FailInfo.BadRequest);
    public static readonly MessageRule EnvelopeVersion = Note("Envelope.Version", "RFC 5652 6.1", "The versions of an EnvelopedData and of its recipient follow from what is in them; under a password RFC 9483 4.1.6.3 has 0.");
    public static readonly MessageRule EnvelopeContent = Base("Envelope.Content", "RFC 9810 5.2.2", "An EnvelopedData holds what is encrypted.", FailInfo.BadDataFormat);
    public static readonly MessageRule EnvelopeCipher = Note("Envelope.Cipher", "RFC 9481 5", "What is encrypted is encrypted by AES in CBC.");
    public static readonly MessageRule EnvelopeKeyWrap = Note("Envelope.KeyWrap", "RFC 9481 4.3.1", "A key of AES is wrapped by a key of its size.");
    public static readonly MessageRule EnvelopeSignedKey = Profile("Envelope.SignedKey", "RFC 9483 4.1.6", "A private key that the CA made comes signed: the content of its EnvelopedData is id-signedData.", FailInfo.BadRequest);
    public static readonly MessageRule EnvelopeKeyWithId = Base("Envelope.KeyWithId", "RFC 4211 4.2", "A private key that is sent to the CA says whose it is: the content of its EnvelopedData is id-ct-encKeyWithID.", FailInfo.BadRequest);
    public static readonly MessageRule EnvelopeEncryptedValue = Hint("Envelope.EncryptedValue", "RFC 9810 5.2.2", "Under pvno 3 nobody sends an EncryptedValue to the CA, which is deprecated.");

    // statuses, wherever they stand
    public static readonly MessageRule StatusUnknown = Base("Status.Unknown", "RFC 9810 5.2.3", "A status is one of 0 to 6.", FailInfo.BadDataFormat);
    public static readonly MessageRule StatusFailInfo = Base("Status.FailInfo", "RFC 9810 5.2.3", "Only a rejection has a failInfo.", FailInfo.BadRequest);
    public static readonly MessageRule StatusFailInfoBits = Note("Status.FailInfoBits", "RFC 9810 5.2.3", "failInfo has the bits 0 to 26, and one of them is set.");
    public static readonly MessageRule StatusNoReason = Hint("Status.NoReason", "RFC 9810 C.4", "A rejection says its reason by failInfo.");

    // answers to requests for certificates
    public static readonly MessageRule ResponseEmpty = Base("Response.Empty", "RFC 9810 5.3.4", "An answer holds a response.", FailInfo.BadDataFormat);
    public static readonly MessageRule ResponseCount = Profile("Response.Count", "RFC 9483 4.1.1", "An answer holds one response.", FailInfo.BadRequest);
    public static readonly MessageRule ResponseId = Profile("Response.Id", "RFC 9483 4.1.1", "The certReqId of a response is 0, or -1 where it answers a PKCS #10.", FailInfo.BadRequest);
    public static readonly MessageRule ResponseIdDoubled = Base("Response.IdDoubled", "RFC 9810 5.3.4", "An answer speaks once of each request.", FailInfo.BadRequest);
    public static readonly MessageRule ResponseStatus = Profile("Response.Status", "RFC 9483 4.1.1", "A request for a certificate is answered by accepted, grantedWithMods, rejection or waiting.", FailInfo.BadRequest);
    public static readonly MessageRule ResponseNoCertificate = Base("Response.NoCertificate", "RFC 9810 C.4", "accepted and grantedWithMods bring a certificate.", FailInfo.BadRequest);
    public static readonly MessageRule ResponseCertificate = Base("Response.Certificate", "RFC 9810 5.3.4", "rejection and waiting bring no certificate.", FailInfo.BadRequest);
    public static readonly MessageRule ResponseEncryptedCert = Profile("Response.EncryptedCert", "RFC 9483 4.1.1", "A certificate comes as it is, not encrypted.", FailInfo.BadRequest);
    public static readonly MessageRule ResponsePrivateKey = Profile("Response.PrivateKey", "RFC 9483 4.1.6", "A private key comes in an EnvelopedData.", FailInfo.BadRequest);
    public static readonly MessageRule ResponseEncryptedValue = Hint("Response.EncryptedValue", "RFC 9810 5.2.2", "EncryptedValue is deprecated: EnvelopedData stands in its place.");
    public static readonly MessageRule ResponseCrossKey = Base("Response.CrossKey", "RFC 9810 5.3.12", "A ccp brings no private key.", FailInfo.BadRequest);
    public static readonly MessageRule CaPubsPlace = Profile("CaPubs.Place", "RFC 9483 4.1", "Only an ip brings caPubs.", FailInfo.BadRequest);
    public static readonly MessageRule CaPubsAlone = Profile("CaPubs.Alone", "RFC 9483 4.1.1", "caPubs come with a certificate.", FailInfo.BadRequest);

    // confirmation, errors, polling
    public static readonly MessageRule CertConfCount = Profile("CertConf.Count", "RFC 9483 4.1.1", "A certConf holds one CertStatus.", FailInfo.BadRequest);
    public static readonly MessageRule CertConfId = Profile("CertConf.Id", "RFC 9483 4.1.1", "The certReqId of a certConf is 0, or -1 where a PKCS #10 was asked with.", FailInfo.BadCertId);
    public static readonly MessageRule CertConfIdDoubled = Base("CertConf.IdDoubled", "RFC 9810 5.3.18", "A certConf names each certificate once.", FailInfo.BadRequest);
    public static readonly MessageRule CertConfHashLength = Base("CertConf.HashLength", "RFC 9810 5.3.18", "certHash has the length of a digest, and of the one that hashAlg names.", FailInfo.BadCertId);
    public static readonly MessageRule CertConfHash = Base("CertConf.CertHash", "RFC 9810 5.3.18", "A certHash is that of the certificate that was issued for its request.", FailInfo.BadCertId);
    public static readonly MessageRule CertConfStatus = Base("CertConf.Status", "RFC 9810 5.3.18", "A certConf accepts or rejects.", FailInfo.BadRequest);
    public static readonly MessageRule PkiconfValue = Note("Pkiconf.Value", "RFC 9810 5.3.17", "The value of pkiconf is NULL.");
    public static readonly MessageRule ErrorStatus = Base("Error.Status", "RFC 9810 5.3.21", "An error message says rejection, or waiting.", FailInfo.BadRequest);
    public static readonly MessageRule ErrorFromClient = Profile("Error.FromClient", "RFC 9483 3.6.1", "An end entity does not send error messages.", FailInfo.BadRequest);
    public static readonly MessageRule PollEmpty = Base("Poll.Empty", "RFC 9810 5.3.22", "pollReq and pollRep name what waits.", FailInfo.BadRequest);
    public static readonly MessageRule PollCount = Profile("Poll.Count", "RFC 9483 4.4", "pollReq and pollRep hold one entry.", FailInfo.BadRequest);
    public static readonly MessageRule PollId = Profile("Poll.Id", "RFC 9483 4.4", "The certReqId of pollReq and pollRep is 0, or -1 for the answer as a whole.", FailInfo.BadRequest);
    public static readonly MessageRule PollCheckAfter = Base("Poll.CheckAfter", "RFC 9810 5.3.22", "checkAfter is a number of seconds, from 0 to 2^31-1.", FailInfo.BadRequest);

    // revocation
    public static readonly MessageRule RevocationEmpty = Base("Revocation.Empty", "RFC 9810 5.3.9", "An rr names a certificate.", FailInfo.BadRequest);
    public static readonly MessageRule RevocationCount = Profile("Revocation.Count", "RFC 9483 4.2", "A message asks for one revocation.", FailInfo.BadRequest);
    public static readonly MessageRule RevocationProtection = Profile("Revocation.Protection", "RFC 9483 4.2", "An rr is signed.", FailInfo.WrongIntegrity);
    public static readonly MessageRule RevocationNothing = Base("Revocation.Nothing", "RFC 9810 5.3.9", "A certificate is named by its serial number, or by its subject and key.", FailInfo.BadRequest);
    public static readonly MessageRule RevocationCertId = Profile("Revocation.CertId", "RFC 9483 4.2", "The certificate to be revoked is named by issuer and serial number, both.", FailInfo.BadRequest);
    public static readonly MessageRule RevocationReason = Profile("Revocation.Reason", "RFC 9483 4.2", "crlEntryDetails holds a reasonCode, 0 where no reason is given.", FailInfo.BadRequest);
    public static readonly MessageRule RevocationReasonValue = Base("Revocation.ReasonValue", "RFC 5280 5.3.1", "A reasonCode is one of 0 to 6 and 8 to 10.", FailInfo.BadRequest);
    public static readonly MessageRule RevocationDetails = ProfileHint("Revocation.Details", "RFC 9483 4.2", "crlEntryDetails holds nothing but a reasonCode.");
    public static readonly MessageRule RevocationResponseCount = Profile("RevocationResponse.Count", "RFC 9483 4.2", "An rp holds one status.", FailInfo.BadRequest);
    public static readonly MessageRule RevocationResponseStatus = Profile("RevocationResponse.Status", "RFC 9483 4.2", "A revocation is answered by accepted or rejection; that it takes time is said by an error message.", FailInfo.BadRequest);
    public static readonly MessageRule RevocationResponseRevCerts = Base("RevocationResponse.RevCerts", "RFC 9810 5.3.10", "revCerts names as many certificates as there are statuses.", FailInfo.BadRequest);

    // general messages
    public static readonly MessageRule GeneralCount = Profile("General.Count", "RFC 9483 4.3", "A general message holds one item.", FailInfo.BadRequest);
    public static readonly MessageRule GeneralUnknown = Hint("General.Unknown", "RFC 9810 5.3.19", "The message holds an item of a type that is not known here.");
    public static readonly MessageRule GeneralPlace = Base("General.Place", "RFC 9810 5.3.19", "An item stands where its type belongs: in a question, in an answer, or in a header.", FailInfo.BadRequest);
    public static readonly MessageRule GeneralValue = Base("General.Value", "RFC 9810 5.3.19", "The value of an item is there or absent, and of the syntax, as its type wants it.", FailInfo.BadDataFormat);
    public static readonly MessageRule GeneralOneCrl = Profile("General.OneCrl", "RFC 9483 4.3.4", "One CRL is asked for, and one is given.", FailInfo.BadRequest);
    public static readonly MessageRule GeneralNewWithOld = Profile("General.NewWithOld", "RFC 9483 4.3.2", "An update of the root brings newWithOld.", FailInfo.BadRequest);
    public static readonly MessageRule GeneralTemplate = Base("General.Template", "RFC 9810 5.3.19.16", "A request template has no public key; what keys may be asked for stands in keySpec.", FailInfo.BadDataFormat);

    // announcements and messages in messages
    public static readonly MessageRule AnnouncementStatus = Note("Announcement.Status", "RFC 9810 5.3.15", "A rann says revocationWarning or revocationNotification.");
    public static readonly MessageRule NestedProtection = Profile("Nested.Protection", "RFC 9483 5.2.2", "What is around other messages is signed.", FailInfo.WrongIntegrity);
    public static readonly MessageRule NestedNonce = Profile("Nested.Nonce", "RFC 9483 5.2.2.1", "What adds protection to one message repeats its transactionID and its senderNonce.", FailInfo.BadSenderNonce);
    public static readonly MessageRule NestedTransactionId = Profile("Nested.TransactionId", "RFC 9483 5.2.2.2", "What carries several messages has a transactionID of its own.", FailInfo.BadRequest);

    // what follows what
    public static readonly MessageRule ConversationBody = Base("Conversation.Body", "RFC 9810 5.3", "Each body follows one that it can follow.", FailInfo.BadRequest);
    public static readonly MessageRule ConversationRepeated = Hint("Conversation.Repeated", "RFC 9810 5.1.1", "A message comes again as it was said before.");
    public static readonly MessageRule ConversationTransactionId = Base("Conversation.TransactionId", "RFC 9810 5.1.1", "All messages of a transaction have one transactionID.", FailInfo.BadDataFormat);
    public static readonly MessageRule ConversationRecipNonce = Base("Conversation.RecipNonce", "RFC 9810 5.1.1", "recipNonce is the senderNonce of the message that is answered, or of the one whose answer was late.", FailInfo.BadRecipientNonce);
    public static readonly MessageRule ConversationSenderNonce = Base("Conversation.SenderNonce", "RFC 9810 5.1.1", "Each message has a fresh senderNonce.", FailInfo.BadSenderNonce);
    public static readonly MessageRule ConversationPvno = Base("Conversation.Pvno", "RFC 9810 7", "An answer has the pvno of what it answers, where that is spoken.", FailInfo.UnsupportedVersion);
    public static readonly MessageRule ConversationProtection = Profile("Conversation.Protection", "RFC 9483 3.2", "All messages of a transaction have one kind of protection.", FailInfo.WrongIntegrity);
    public static readonly MessageRule ConversationSender = Note("Conversation.Sender", "RFC 9483 4.1.1", "Who speaks does not change within a transaction.");
    public static readonly MessageRule ConversationCertReqId = Base("Conversation.CertReqId", "RFC 9810 5.3.4", "An answer speaks of each request that was made, and of no other.", FailInfo.BadRequest);
    public static readonly MessageRule ConversationPrivateKey = Profile("Conversation.PrivateKey", "RFC 9483 4.1.6", "A private key comes with the certificate of who asked the CA to make it, and with no other.", FailInfo.BadRequest);
    public static readonly MessageRule ConversationImplicitConfirm = Note("Conversation.ImplicitConfirm", "RFC 9810 5.1.1.1", "Implicit confirmation is granted to who asked for it.");
    public static readonly MessageRule ConversationCertConf = Base("Conversation.CertConf", "RFC 9810 5.3.18", "A certConf speaks of the certificates that were issued, and follows where they are not confirmed implicitly.", FailInfo.BadCertId);
    public static readonly MessageRule ConversationUnconfirmed = Note("Conversation.Unconfirmed", "RFC 9810 5.1.1.1", "What is issued without implicit confirmation is confirmed.");
    public static readonly MessageRule ConversationUnanswered = Note("Conversation.Unanswered", "RFC 9810 5.3", "Each message that asks for one gets an answer.");
    public static readonly MessageRule ConversationPollId = Base("Conversation.PollId", "RFC 9810 5.3.22", "What is polled for waits, and the pollRep speaks of it.", FailInfo.BadRequest);

    // what a server's words mean to who asked
    public static readonly MessageRule StatusRejection = Said("Status.Rejection", FindingSeverity.Error, "The server refuses.");
    public static readonly MessageRule StatusWaiting = Said("Status.Waiting", FindingSeverity.Information, "The server needs time.");
    public static readonly MessageRule StatusGrantedWithMods = Said("Status.GrantedWithMods", FindingSeverity.Warning, "The server granted something else than what was asked for.");
    public static readonly MessageRule StatusRevocationWarning = Said("Status.RevocationWarning", FindingSeverity.Warning, "The server warns that a certificate is about to be revoked.");
    public static readonly MessageRule StatusRevocationNotification = Said("Status.RevocationNotification", FindingSeverity.Warning, "The server says that a certificate is revoked.");
    public static readonly MessageRule StatusKeyUpdateWarning = Said("Status.KeyUpdateWarning", FindingSeverity.Warning, "The server had updated this certificate before.");

#pragma warning restore CS1591

    private static readonly Dictionary<string, MessageRule> ById = Collect();

    /// <summary>All rules, in the order of the table.</summary>
    public static IReadOnlyList<MessageRule> All { get; } = [.. ById.Values];

    /// <summary>The rule of a name.</summary>
    /// <param name="id">As in <c>Header.SenderNonce</c>.</param>
    /// <returns>The rule; <see langword="null"/> where there is none of that name.</returns>
    public static MessageRule? Find(string id) => ById.TryGetValue(id, out MessageRule? rule) ? rule : null;

    /// <summary>What the protocol itself demands.</summary>
    private static MessageRule Base(string id, string section, string title, FailInfo failInfo) => new(id, section, FindingSeverity.Error, title) { FailInfo = failInfo };

    /// <summary>What the Lightweight Profile alone demands.</summary>
    private static MessageRule Profile(string id, string section, string title, FailInfo failInfo) => Base(id, section, title, failInfo) with { IsProfile = true };

    /// <summary>A departure that receivers bear with.</summary>
    private static MessageRule Note(string id, string section, string title) => new(id, section, FindingSeverity.Warning, title);

    /// <summary>Something to know that is no departure.</summary>
    private static MessageRule Hint(string id, string section, string title, FailInfo? failInfo = null) => new(id, section, FindingSeverity.Information, title) { FailInfo = failInfo };

    /// <summary>What the Lightweight Profile recommends.</summary>
    private static MessageRule ProfileHint(string id, string section, string title) => Hint(id, section, title) with { IsProfile = true };

    private static MessageRule Said(string id, FindingSeverity severity, string title) => new(id, "RFC 9810 5.2.3", severity, title);

    private static Dictionary<string, MessageRule> Collect()
    {
        var rules = new Dictionary<string, MessageRule>();
        foreach (MessageRule rule in typeof(MessageRules).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.GetValue(null)).OfType<MessageRule>())
            rules.Add(rule.Id, rule);
        return rules;
    }
}
